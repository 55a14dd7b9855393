"""The small form of each kind of rule."""

from chat.rules.answer_forms import BannedForm, DisclaimerForm, LengthForm, RepeatsForm
from chat.rules.question_forms import BlockedForm, MaskForm, SpellingForm, SynonymsForm, TrimForm
from chat.rules.rule_form import RuleForm

FORMS: dict[str, type[RuleForm]] = {
    "trim": TrimForm,
    "spelling": SpellingForm,
    "synonyms": SynonymsForm,
    "blocked": BlockedForm,
    "mask": MaskForm,
    "banned": BannedForm,
    "repeats": RepeatsForm,
    "length": LengthForm,
    "disclaimer": DisclaimerForm,
}
