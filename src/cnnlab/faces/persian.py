"""What captions and sentences in Persian call the data and the classes."""

from cnnlab.faces.dataset import CLASSES, FaceDataset

CLASSES_FA = dict(
    zip(
        CLASSES,
        ("خنثی", "شادی", "غم", "تعجب", "ترس", "انزجار", "خشم", "تحقیر"),
        strict=True,
    )
)
"""The classes' Persian names, by their English ones."""


def name_data_fa(dataset: FaceDataset) -> str:
    """Return how Persian Markdown calls the data: rendered faces, or the user's own name."""
    return "چهره‌های رندرشدهٔ ساختگی" if dataset.rendered else from_the_left(dataset.title)


def from_the_left(markdown: str) -> str:
    """Return Markdown, such as a name or an English remark, set left to right in a Persian line."""
    return f'<span dir="ltr">{markdown}</span>'
