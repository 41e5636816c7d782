"""From whatever the user brought to labelled faces: what it holds decides who reads it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cnnlab.faces import affectnet, course_layout, ferplus
from cnnlab.faces.dataset import FaceDataset
from cnnlab.faces.files import IMAGE_SUFFIXES, DataError, Listing, list_data, make_printable

READERS: dict[str, tuple[frozenset[str], Callable[[Listing, str], FaceDataset]]] = {
    "the course's layout (Train/<class>/* and Validation/<class>/*)": (
        course_layout.MARKS,
        course_layout.read_course_layout,
    ),
    "AffectNet's release (train_set/ and val_set/, each with images/ and annotations/)": (
        affectnet.MARKS,
        affectnet.read_affectnet_release,
    ),
    f"FER+ ({ferplus.PIXELS} and {ferplus.VOTES})": (ferplus.MARKS, ferplus.read_ferplus),
}
"""For each form in which data may come its marks, and what reads it below a prefix.

Marks are names in lower case, of files or, with ``/``, of the topmost folders: data with any of
them are of this form, complete or not.
"""


def read_dataset(path: Path) -> FaceDataset:
    """Read labelled faces from a folder or a .zip in any of the known forms.

    Args:
        path: the folder or the .zip. All may lie inside folders that hold nothing else.

    Returns:
        The images in the order of their names (of FER+, of their rows), so that the same data
        have the same order.

    Raises:
        DataError: nothing there, no known form or more than one, what the form's reader refuses,
            or a class without images.
    """
    listing = list_data(path)
    top = _find_top(listing)
    found = {f"{child.lower()}/" for child in listing.list_children(top)}
    found |= {name.rpartition("/")[2].lower() for name in listing.files}
    forms = [form for form, (marks, _) in READERS.items() if marks & found]
    if not forms:
        names = (*listing.folders, *listing.files)[:12]
        raise DataError(
            f"{path} has no known layout. Expected one of: {'; '.join(READERS)}. Found: "
            f"{', '.join(names) or 'nothing'}. See data/README.md."
        )
    if len(forms) > 1:
        raise DataError(f"{path} holds {' and '.join(forms)}. Keep one of them.")
    _, read = READERS[forms[0]]
    dataset = read(listing, top)
    endings = ", ".join(sorted(IMAGE_SUFFIXES))
    dataset.refuse_scarcity(f"{path}", 1, f" Images are files that end in {endings}.")
    return replace(dataset, notes=tuple(make_printable(note) for note in dataset.notes))


def _find_top(listing: Listing) -> str:
    """Return the prefix (empty, or ending in ``/``) below which the data lie."""
    marks = frozenset().union(*(marks for marks, _ in READERS.values()))
    top = ""
    while True:
        children = listing.list_children(top)
        if len(children) != 1 or f"{children[0].lower()}/" in marks:
            return top
        top += children[0] + "/"
