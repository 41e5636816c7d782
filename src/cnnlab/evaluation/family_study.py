"""The authors' three networks: ``python -m cnnlab.evaluation.family_study``.

Writes ``report/studies/family-<data>-<profile>.csv``: for each network what it costs, its figures
of merit on Validation/ and, where the data know valence and arousal, those of the regressor that
is made from it.
"""

import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd

from cnnlab.commands import run_command
from cnnlab.evaluation.affect import predict_validation_affect, summarise_affect
from cnnlab.evaluation.cost import count_macs
from cnnlab.evaluation.inference import predict_validation
from cnnlab.evaluation.metrics import summarise
from cnnlab.evaluation.published import HEWITT_GUNES_NETWORKS
from cnnlab.evaluation.records import describe_machine, read_runs, write_study
from cnnlab.evaluation.study import describe_network, describe_run
from cnnlab.evaluation.wording import (
    format_interval,
    format_number,
    format_power,
    join_words,
    name_network,
)
from cnnlab.faces.loading import Faces, load_faces
from cnnlab.faces.persian import from_the_left, name_title_fa
from cnnlab.models.family import FAMILY, FAMILY_RECIPE, train_variant
from cnnlab.models.regressor import read_affect, train_regressor
from cnnlab.models.scratch import Architecture
from cnnlab.paths import STUDIES
from cnnlab.quoting import make_label
from cnnlab.settings import SEED, Profile, current_profile

PREFIX = "family-"
THEIRS = "theirs, AffectNet"

_WORDS = {
    "en": {
        "as published": "as in the paper",
        "not as published": "against the paper's {published}",
        "architectures": "{titles} have {parameters} parameters, {paper}, and take {macs} million "
        "multiply-accumulates for an image.",
        "recipe": "All were trained by one recipe: Adam with a learning rate of {learning_rate} on "
        "half a cosine after one epoch of warm-up, batches of {batch_size}, a weight decay of "
        "{weight_decay}, and the augmentation of the light VGG. None stopped early; the weights "
        "with the lowest development loss were kept.",
        "photographs": "photographs of `{data}`",
        "sure": "no other's interval reaches its estimate",
        "unsure": "the interval of another reaches its estimate, so this order is not certain",
        "family": "{data} (digest {data_digest}; {train_n:,} training and {n:,} Validation images; "
        "seed {seed}; profile `{profile}`; {date}; {processor}). The {best} has the highest "
        "accuracy; {verdict}. Training took {minutes} min in all, with {epochs} epochs for each "
        "classifier. At the epoch kept, the accuracy on augmented training images and on the "
        "development split was {fits}: the gap is widest for the {widest}, which has learned most "
        "that holds for the training images alone.",
        "fit": "{training} and {development} ({network})",
    },
    "fa": {
        "as published": "همان که در مقاله است",
        "not as published": "در برابر {published} در مقاله",
        "architectures": "{titles} به ترتیب {parameters} پارامتر دارند، {paper}، و برای هر تصویر "
        "{macs} میلیون ضرب‌وجمع می‌خواهند.",
        "recipe": "همه با یک دستور آموزش دیده‌اند: Adam با نرخ یادگیری {learning_rate} که پس از یک "
        "دورهٔ گرم‌کردن به شکل نیم‌موج کسینوسی پایین می‌آید، دسته‌های {batch_size} تایی، زوال وزن "
        "{weight_decay}، و داده‌افزایی VGG سبک. هیچ آموزشی "
        "زودتر متوقف نشده و وزن‌های دورهٔ دارای کمترین زیان توسعه نگه داشته شده است.",
        "photographs": "عکس‌های {data}",
        "sure": "بازهٔ هیچ شبکهٔ دیگری به برآورد آن نمی‌رسد",
        "unsure": "بازهٔ شبکه‌ای دیگر به برآورد آن می‌رسد، پس این ترتیب قطعی نیست",
        "family": "{data} ({train_n:,} تصویر آموزش و {n:,} تصویر Validation؛ بذر {seed}؛ چکیدهٔ "
        "درهم‌سازی "
        "{data_digest}؛ اندازهٔ اجرا `{profile}`؛ {date}؛ {processor}). بیشترین دقت از آنِ {best} "
        "است؛ {verdict}. آموزش روی‌هم‌رفته {minutes} دقیقه زمان برد، با {epochs} دوره برای هر "
        "دسته‌بند. در دورهٔ برگزیده، دقت روی تصویرهای آموزش (افزونه‌شده) و مجموعهٔ توسعه {fits} بود: "
        "فاصله در {widest} از همه بیشتر است، یعنی بیش از شبکه‌های دیگر چیزهایی آموخته است که تنها "
        "برای تصویرهای آموزش برقرار است.",
        "fit": "{training} و {development} ({network})",
    },
}


def measure_variant(architecture: Architecture, faces: Faces, profile: Profile) -> pd.DataFrame:
    """Train one of the family, and a regressor from it, and return a row for each figure.

    Columns: network, figure, estimate, low, high; those of ``study.describe_network`` (the
    classifier's, or the regressor's after it); n, parameters and macs of the classifier, and its
    accuracy on the augmented training images and on the development split at the epoch kept.
    """
    classifier = train_variant(architecture, faces, profile)
    predictions = predict_validation(classifier, faces)
    results = [(classifier, summarise(predictions, profile.bootstrap_resamples, SEED))]
    if read_affect(faces) is not None:
        regressor = train_regressor(architecture, classifier, faces, profile)
        answers = predict_validation_affect(regressor, faces)
        results.append((regressor, summarise_affect(answers, profile.bootstrap_resamples, SEED)))
    table = pd.concat(
        [
            summary.rename_axis("figure").reset_index().assign(**describe_network(trained))
            for trained, summary in results
        ],
        ignore_index=True,
    )
    table.insert(0, "network", architecture.title)
    kept = classifier.history.loc[classifier.chosen_epoch]
    return table.assign(
        n=len(predictions),
        parameters=classifier.model.count_params(),
        macs=count_macs(classifier.model),
        training_accuracy=kept["accuracy"],
        development_accuracy=kept["val_accuracy"],
    )


def read_families(folder: Path = STUDIES) -> list[pd.DataFrame]:
    """Return the committed records, one table for each run."""
    return read_runs(PREFIX, folder)


def tabulate_family(records: pd.DataFrame) -> pd.DataFrame:
    """Return a record as the paper's Table 4, text: a row for each figure, a column a network.

    The last column has what the authors report on AffectNet, in the order of the networks.

    Args:
        records: of one run, as ``measure_variant`` makes them.
    """
    published = HEWITT_GUNES_NETWORKS
    cells = records.assign(text=records.apply(format_interval, axis="columns"))
    table = cells.pivot(index="figure", columns="network", values="text")
    costs = records.groupby("network")["parameters"].first()
    table.loc["parameters"] = costs.map("{:,}".format)
    rows = [figure for figure in published.columns if figure in table.index]
    table = table.loc[rows, list(published.index)].rename_axis(index=None, columns=None)
    return table.assign(**{THEIRS: published[rows].agg(" / ".join)})


def describe_architectures(language: str = "en") -> str:
    """Say what the three networks cost, against the paper."""
    words = _WORDS[language]
    models = [architecture.build() for architecture in FAMILY]
    built = [f"{model.count_params():,}" for model in models]
    published = [HEWITT_GUNES_NETWORKS.loc[each.title, "parameters"] for each in FAMILY]
    return words["architectures"].format(
        titles=join_words([name_network(each.title, language) for each in FAMILY], language),
        parameters=join_words(built, language),
        paper=words["as published" if built == published else "not as published"].format(
            published=join_words(published, language)
        ),
        macs=join_words([f"{count_macs(model) / 1e6:.0f}" for model in models], language),
    )


def describe_recipe(language: str = "en") -> str:
    """Say by what recipe the three networks of a record were trained."""
    recipe = FAMILY_RECIPE
    return _WORDS[language]["recipe"].format(
        learning_rate=format_power(recipe.learning_rate),
        batch_size=recipe.batch_size,
        weight_decay=format_power(recipe.weight_decay),
    )


def describe_family(records: pd.DataFrame, language: str = "en") -> str:
    """Say what a record was made of, which network is ahead in it, and how long it took."""
    words = _WORDS[language]
    row = records.iloc[0].to_dict()
    if language == "fa":
        row["data"] = name_title_fa(row["data"])
        row |= {name: from_the_left(row[name]) for name in ("processor", "date")}
    if not row["rendered"]:
        row["data"] = words["photographs"].format(data=row["data"])
    accuracy = records[records["figure"] == "accuracy"].set_index("network")
    best = accuracy["estimate"].idxmax()
    sure = (accuracy["high"].drop(best) < accuracy.loc[best, "estimate"]).all()
    gaps = accuracy["training_accuracy"] - accuracy["development_accuracy"]
    fits = [
        words["fit"].format(
            training=format_number(shares["training_accuracy"], 2),
            development=format_number(shares["development_accuracy"], 2),
            network=name_network(network, language),
        )
        for network, shares in accuracy.iterrows()
    ]
    minutes = records.groupby("configuration_digest")["training_seconds"].first().sum() / 60
    return words["family"].format(
        **{key: row[key] for key in ("data", "data_digest", "train_n", "n", "seed", "profile")},
        date=row["date"],
        processor=row["processor"],
        best=name_network(best, language),
        verdict=words["sure" if sure else "unsure"],
        minutes=format_number(minutes, 0),
        epochs=f"{accuracy['epochs'].iloc[0]:.0f}",
        fits=join_words(fits, language),
        widest=name_network(gaps.idxmax(), language),
    )


def record_family() -> None:
    """Train the family on this run's data and write the study."""
    # A network that has learned nothing from so few images is a result here.
    faces, profile = load_faces(), replace(current_profile(), must_learn=False)
    table = pd.concat([measure_variant(each, faces, profile) for each in FAMILY])
    name = f"{PREFIX}{make_label(faces.dataset.title)}-{profile.name}"
    write_study(table.assign(**describe_run(faces, profile), **describe_machine()), name)


if __name__ == "__main__":
    sys.exit(run_command(record_family))
