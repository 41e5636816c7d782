"""The one error of the report's makers."""

from plumbing.commands import UserError


class ReportError(UserError):
    """The report can't be made: says what is wrong, where, and what to do."""
