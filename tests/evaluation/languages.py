"""What holds of every sentence that is made in both languages."""

import re


def assert_same_numbers(english: str, persian: str) -> None:
    """Compare the numbers of two texts, formatted alike, as far as they look measured."""
    numbers = [sorted(re.findall(r"\d[\d,]*\.\d+|\d{3,}", text)) for text in (english, persian)]
    assert numbers[0] == numbers[1]
    assert re.search("[آ-ی]", persian)
    left = re.sub(r"`[^`]*`|\$[^$]*\$|<span.*?</span>", "", persian)
    assert not re.search(r"[{};]", left), "an English mark, or a place that was not filled"
