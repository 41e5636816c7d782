import pytest

from cnnlab.faces.files import DataError
from cnnlab.faces.readers import READERS, read_dataset

from .made_files import course_files


def test_data_of_no_known_form_are_told_what_was_looked_for_and_found(write):
    with pytest.raises(DataError, match="no known layout") as caught:
        read_dataset(write({"pictures/a.png": b"x"}))
    message = str(caught.value)
    assert all(form in message for form in READERS)
    assert "pictures/a.png" in message


def test_data_in_two_forms_are_refused(write):
    with pytest.raises(DataError, match=r"course's layout .* and FER.* Keep one of them"):
        read_dataset(write(course_files() | {"fer2013.csv": b"emotion,pixels,Usage"}))
