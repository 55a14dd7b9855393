"""Endpoints: the language models that administrators set up, with their keys sealed."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

RESERVED = frozenset({"extractive", "environment", "new", "default"})
FROM_ENVIRONMENT = "environment"
SHOWN = 4
SHORTEST_SHOWN = 12

_name = RegexValidator(
    r"^[a-z0-9][a-z0-9-]*$",
    _("Use lower-case letters, digits and hyphens, beginning with a letter or digit."),
)


def _object(value: Any) -> None:
    if not isinstance(value, dict):
        raise ValidationError(_('This must be a JSON object, for example {"top_p": 0.9}.'))


class Endpoint(models.Model):
    """One language model, as it is reached.

    ``name`` is what conversations, collections and the API choose it by, and does not change. Of a key
    only its sealed form and its last four characters are stored. ``updated_at`` changes whenever the
    way in which it is reached does. Prices are for 1,000 tokens.
    """

    name = models.CharField(
        _("Short name"), max_length=60, unique=True, validators=[_name],
        error_messages={"unique": _("There is an endpoint of this name already.")},
        help_text=_("What the API and the command line call it. Made from the title where empty; it stays."),
    )  # fmt: skip
    title = models.CharField(
        _("Title"), max_length=80, help_text=_("What people see where they choose a model.")
    )
    kind = models.CharField(_("Kind"), max_length=40)
    base_url = models.CharField(_("Address of the API"), max_length=500, blank=True, default="")
    model = models.CharField(_("Model"), max_length=300, blank=True, default="")
    api_key_sealed = models.TextField(blank=True, default="", editable=False)
    api_key_end = models.CharField(max_length=SHOWN, blank=True, default="", editable=False)
    secret_key_sealed = models.TextField(blank=True, default="", editable=False)
    secret_key_end = models.CharField(max_length=SHOWN, blank=True, default="", editable=False)
    parameters = models.JSONField(
        _("Parameters"), default=dict, blank=True, validators=[_object],
        help_text=_('Sent with each request as they are, for example {"top_p": 0.9}.'),
    )  # fmt: skip

    context_tokens = models.PositiveIntegerField(
        _("Context, in tokens"), default=8192, validators=[MinValueValidator(512)],
        help_text=_("What the model reads and writes at most in one answer."),
    )  # fmt: skip
    max_tokens = models.PositiveIntegerField(
        _("Longest answer, in tokens"), default=1024, validators=[MinValueValidator(16)]
    )
    context_words = models.PositiveIntegerField(
        _("Words of sources"), null=True, blank=True, validators=[MinValueValidator(50)],
        help_text=_("Empty: as many as fit. Small models answer better with 700."),
    )  # fmt: skip
    timeout_s = models.PositiveIntegerField(
        _("Wait for the answer to begin, in seconds"), default=60, validators=[MinValueValidator(1)]
    )
    silence_s = models.PositiveIntegerField(
        _("Wait between two pieces, in seconds"), default=30, validators=[MinValueValidator(1)]
    )
    concurrency = models.PositiveSmallIntegerField(
        _("Answers at once"), default=100, validators=[MinValueValidator(1)],
        help_text=_("In each process of the site; further ones wait. For a model on your "
                    "own machine often 1 to 4."),
    )  # fmt: skip
    patience_s = models.PositiveIntegerField(
        _("Patience, in seconds"), default=30,
        help_text=_("How long a question waits for its turn and for repeated attempts, in all."),
    )  # fmt: skip

    price_prompt = models.DecimalField(
        _("1,000 tokens read"), max_digits=12, decimal_places=6, null=True, blank=True,
        validators=[MinValueValidator(Decimal(0))],
    )  # fmt: skip
    price_completion = models.DecimalField(
        _("1,000 tokens written"), max_digits=12, decimal_places=6, null=True, blank=True,
        validators=[MinValueValidator(Decimal(0))],
    )  # fmt: skip
    currency = models.CharField(
        _("Currency"), max_length=3, blank=True, default="USD",
        validators=[RegexValidator(r"^[A-Z]{3}$", _("Three capital letters, for example USD or CNY."))],
    )  # fmt: skip

    position = models.PositiveIntegerField(_("Place in the order"), default=0)
    is_enabled = models.BooleanField(_("In use: people may choose it"), default=True)
    is_fallback = models.BooleanField(
        _("Steps in when another model fails"), default=False,
        help_text=_("In the order of the list. Questions and passages are then sent to it as well."),
    )  # fmt: skip
    is_default = models.BooleanField(_("The site's default"), default=False)

    tested_at = models.DateTimeField(null=True, blank=True, editable=False)
    test_ok = models.BooleanField(default=False, editable=False)
    test_message = models.CharField(max_length=500, blank=True, default="", editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("position", "pk")
        verbose_name = _("language model")
        verbose_name_plural = _("language models")
        constraints = (
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="one_default_endpoint"
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(is_enabled=True), name="the_default_endpoint_is_in_use"
            ),
        )

    def __str__(self) -> str:
        return self.title or self.name

    def get_absolute_url(self) -> str:
        return reverse("model", args=[self.name])

    @property
    def is_from_environment(self) -> bool:
        return self.name == FROM_ENVIRONMENT

    @property
    def is_deletable(self) -> bool:
        """The row of the environment would come back as long as the variables are set."""
        return not (self.is_from_environment and self.is_enabled)

    @property
    def shown_keys(self) -> list[str]:
        """“…1234” for each key that is stored."""
        stored = ((self.api_key_sealed, self.api_key_end), (self.secret_key_sealed, self.secret_key_end))
        return [f"…{end}" for sealed, end in stored if sealed]


def end_of(key: str) -> str:
    """The last four characters; nothing of a key so short that they would give it away."""
    return key[-SHOWN:] if len(key) >= SHORTEST_SHOWN else ""
