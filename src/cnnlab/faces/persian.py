"""What captions and sentences in Persian call the data and the classes."""

from cnnlab.faces.dataset import CLASSES, FaceDataset
from cnnlab.faces.loading import RENDERED_TITLE

CLASSES_FA = dict(
    zip(
        CLASSES,
        ("خنثی", "شادی", "غم", "تعجب", "ترس", "انزجار", "خشم", "تحقیر"),
        strict=True,
    )
)
"""The classes' Persian names, by their English ones."""

_RENDERED_FA = "چهره‌های رندرشدهٔ ساختگی"


def name_data_fa(dataset: FaceDataset) -> str:
    """Return how Persian Markdown calls the data: rendered faces, or the user's own name."""
    return _RENDERED_FA if dataset.rendered else from_the_left(dataset.title)


def name_title_fa(title: str) -> str:
    """Return the same of a data set of which only the title is at hand."""
    return _RENDERED_FA if title == RENDERED_TITLE else from_the_left(title)


def from_the_left(markdown: str) -> str:
    """Return Markdown, such as a name or an English remark, set left to right in a Persian line."""
    return f'<span dir="ltr">{markdown}</span>'
