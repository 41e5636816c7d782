"""The one error of the report's makers."""


class ReportError(Exception):
    """The report can't be made: says what is wrong, where, and what to do."""
