import pytest

from chat.tasks import evaluate_waiting
from ingestion.golden_config import Config
from ingestion.golden_runs import start_run
from ingestion.golden_sets import Right, add_question, create_set
from ingestion.models import Collection, GoldenRun
from ingestion.tasks import sweep
from search import registry
from tests.ingestion.material import ENGLISH, ready


@pytest.mark.django_db
def test_the_task_works_off_what_waits_and_lets_go_of_the_model(collection: Collection) -> None:
    document = ready(collection, ENGLISH, "holidays.md")
    golden_set = create_set(collection=collection, name="Office")
    add_question(golden_set=golden_set, text="Days of leave?", answers=["25"], rights=[Right(document)])
    runs = [start_run(golden_set=golden_set, config=Config(answers=answers)) for answers in (True, False)]
    sweep()
    model, lexical = registry.embedder(), registry.lexical_index()
    assert evaluate_waiting() == 2
    assert evaluate_waiting() == 0
    states = set(GoldenRun.objects.values_list("state", flat=True))
    assert states == {"done"} and len(runs) == 2
    assert registry.embedder() is not model
    assert registry.lexical_index() is lexical
