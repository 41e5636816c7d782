"""Where things are: the one module that knows the folders of the project."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
FIGURES = ROOT / "figures"
REPORT = ROOT / "report"
STUDIES = REPORT / "studies"
PUBLISHED = REPORT / "published"
REPORT_PDFS = {"en": REPORT / "report.pdf", "fa": REPORT / "report.fa.pdf"}
# What they were last made of: Typst's sources, and the executed notebooks.
SOURCES = {language: REPORT / "build" / f"sources.{language}" for language in REPORT_PDFS}
BUILT_NOTEBOOKS = REPORT / "build" / "notebooks"
LIBRARIES = ROOT / ".venv" / "caches"

# Everything below data/ but its README is made or brought, and can be made again.
DATA = ROOT / "data"
RENDERED = DATA / "rendered"
DECODED = DATA / "decoded"
FEATURES = DATA / "features"
TRAINED = DATA / "trained"
WEIGHTS = DATA / "weights"
EXECUTED = DATA / "executed"
LOCK = DATA / ".lock"
