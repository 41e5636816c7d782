"""From whatever the user brought to labelled faces: what it holds decides who reads it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cnnlab.faces import affectnet, course_layout, ferplus
from cnnlab.faces.dataset import DataError, FaceDataset
from cnnlab.faces.file_listing import Listing, list_data, make_printable

_MOST_NAMES = 12


@dataclass(frozen=True)
class Reader:
    """One form in which data may come.

    Attributes:
        form: what the form is called, and by which names it is known.
        recognises: whether a listing looks like this form, complete or not.
        read: reads it.
    """

    form: str
    recognises: Callable[[Listing], bool]
    read: Callable[[Listing], FaceDataset]


READERS = (
    Reader(
        "the course's layout (Train/<class>/* and Validation/<class>/*)",
        course_layout.is_course_layout,
        course_layout.read_course_layout,
    ),
    Reader(
        "AffectNet's release (train_set/ and val_set/, each with images/ and annotations/)",
        affectnet.is_affectnet_release,
        affectnet.read_affectnet_release,
    ),
    Reader(
        f"FER+ ({ferplus.PIXELS} and {ferplus.VOTES})",
        ferplus.is_ferplus,
        ferplus.read_ferplus,
    ),
)


def read_dataset(path: Path) -> FaceDataset:
    """Read labelled faces from a folder or a .zip in any of the known forms.

    Args:
        path: the folder or the .zip.

    Returns:
        The images in the order of their names (of FER+, of their rows), so that the same data
        have the same order.

    Raises:
        DataError: nothing there, no known form or more than one, or what the form's reader
            refuses.
    """
    listing = list_data(path)
    found = [reader for reader in READERS if reader.recognises(listing)]
    if len(found) == 1:
        return found[0].read(listing)
    if found:
        raise DataError(
            f"{path} holds {' and '.join(reader.form for reader in found)}. Keep one of them."
        )
    names = (*listing.folders, *listing.files)
    shown = ", ".join(make_printable(name) for name in names[:_MOST_NAMES])
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    raise DataError(
        f"{path} has no known layout. Expected one of: "
        f"{'; '.join(reader.form for reader in READERS)}. Found: {shown or 'nothing'}{more}. "
        "See data/README.md."
    )
