"""``manage.py ask QUESTION --collection SLUG``"""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from accounts.services import command_line_user
from chat import services
from chat.answering import checked
from chat.api import answer_out
from chat.errors import ChatError
from chat.events import QuestionError
from chat.models import Message
from kb_site.commands import DataCommand, collection_named
from kb_site.services import Running


class Command(DataCommand):
    help = "Answers a question from a collection, with citations."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("question")
        parser.add_argument("--collection", required=True, metavar="SLUG")

    def work(self, options: dict[str, Any], running: Running | None) -> dict[str, Any]:
        collection = collection_named(options["collection"])
        try:
            question = checked(options["question"], settings.MAX_QUERY_CHARS)
            conversation = services.start_conversation(owner=command_line_user(), collections=[collection])
            answer = services.answer_now(conversation=conversation, question=question)
        except (QuestionError, ChatError) as error:
            raise CommandError(str(error)) from error
        if answer.status == Message.Status.FAILED:
            raise CommandError(answer.error or "The answer was not completed.")
        return answer_out(answer)

    def show(self, result: dict[str, Any]) -> None:
        self.stdout.write(result["answer"])
        for citation in result["citations"]:
            page = f", p. {citation['page']}" if citation["page"] else ""
            self.stdout.write(f"[{citation['n']}] {citation['document']}{page}: {citation['quote']}")
