"""Who may do what with a collection: the rule itself, free of any table.

``ingestion.access`` applies it to the collections in the database.
"""

from enum import IntEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class Visibility(models.TextChoices):
    """Who may read a collection besides its owner and members."""

    PRIVATE = "private", _("Only members")
    SIGNED_IN = "signed_in", _("Everybody signed in")
    PUBLIC = "public", _("Everybody, also without an account")


class Role(models.TextChoices):
    VIEWER = "viewer", _("Viewer: searches and reads")
    EDITOR = "editor", _("Editor: also adds and removes documents")
    MANAGER = "manager", _("Manager: also settings and people")


class Action(IntEnum):
    """What somebody wants to do; each includes those before it."""

    READ = 1
    EDIT = 2
    MANAGE = 3


ROLES_FOR: dict[Action, tuple[Role, ...]] = {
    Action.READ: (Role.VIEWER, Role.EDITOR, Role.MANAGER),
    Action.EDIT: (Role.EDITOR, Role.MANAGER),
    Action.MANAGE: (Role.MANAGER,),
}
