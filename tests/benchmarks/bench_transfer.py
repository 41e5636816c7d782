"""VGG16's transfer against the usual way: ``make race``; about 20 minutes on an idle machine.

Both train the same layers of the same network on the same rendered images by the same recipe and
early stopping, each in a process of its own, one after the other. Ours decodes the images and
computes the features that it caches from nothing; the usual way has nothing to prepare. Compared
is the time to the highest development accuracy that both reach, once with block 4 frozen and once
over all stages: fine-tuning block 4 is mostly arithmetic that nobody is spared. Nothing is
extrapolated: the images are few instead (100 a class; ``N=`` changes that). With fewer the ratio
is lower, since building graphs and saving epochs take the same time for any number of images.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from cnnlab.settings import current_profile

PER_CLASS = 100
LEAST_RATIO = 10
NEVER = 2.0
"""An accuracy that is not reached."""


def run_way(way, per_class, accuracy=NEVER):
    """Stage, seconds and development accuracy of each epoch."""
    script = Path(__file__).with_name("transfer_ways.py")
    command = [sys.executable, str(script), way, str(per_class), str(accuracy)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def time_to(epochs, accuracy):
    """Seconds until a development accuracy is first reached."""
    return next(seconds for _, seconds, reached in epochs if reached >= accuracy)


def best_of(epochs):
    return max(accuracy for *_, accuracy in epochs)


def compare(title, ours, usual):
    """Print and return how many times as fast ours reaches what both reach."""
    accuracy = min(best_of(ours), best_of(usual))
    seconds = {"ours": time_to(ours, accuracy), "usual": time_to(usual, accuracy)}
    ratio = seconds["usual"] / seconds["ours"]
    print(
        f"  {title}: development accuracy {accuracy:.3f} after {seconds['ours']:.0f} s, the usual "
        f"way after {seconds['usual']:.0f} s: {ratio:.1f} times (at best {best_of(ours):.3f} and "
        f"{best_of(usual):.3f})."
    )
    return ratio


def without_block4(epochs):
    return [epoch for epoch in epochs if epoch[0] != "block 4"]


def test_transfer_is_ten_times_as_fast_as_the_usual_way():
    per_class = int(os.environ.get("CNNLAB_N") or PER_CLASS)
    ours = run_way("ours", per_class)
    usual = run_way("usual", per_class, best_of(ours))
    print(
        f"\n  8 x {per_class} images, profile {current_profile().name}; from nothing to the end of "
        f"training: {ours[-1][1]:.0f} s, {len(ours)} epochs; the usual way stopped after "
        f"{usual[-1][1]:.0f} s, {len(usual)} epochs."
    )
    ratio = compare("block 4 frozen", without_block4(ours), without_block4(usual))
    compare("all stages", ours, usual)
    # Smoke shows that this module runs: nothing is learned in its two or three epochs.
    assert ratio >= LEAST_RATIO or not current_profile().must_learn
