"""The recorded runs: ``study``'s tables read, and told in English and in Persian."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from cnnlab.evaluation.records import read_runs
from cnnlab.evaluation.study import PREFIX
from cnnlab.evaluation.variants import ALL, take_summaries
from cnnlab.evaluation.wording import (
    describe_disagreement,
    format_number,
    join_words,
    name_network,
)
from cnnlab.faces.persian import from_the_left, name_title_fa
from cnnlab.quoting import make_label

_WORDS = {
    "en": {
        "sample": "`{data}`, {kind}, Validation/, n = {n:,} images, seed {seed}; 95% bootstrap "
        "intervals, {resamples:,} resamples",
        "rendered": "rendered, synthetic",
        "photographs": "photographs",
        "minutes": "{minutes:.0f} minutes for {network}",
        "unknown": "a time unknown for {network}",
        "run": "The record `accuracy-{slug}.csv` is of a run on other data than this report's: "
        "`{data}` ({kind}; digest {data_digest}; {train_n:,} training and {n:,} Validation images; "
        "seed {seed}; profile `{profile}`; {date}; {processor}). Of the Validation images "
        "{copies_in_train:,} have an identical or nearly identical one in Train. Training, with "
        "the frozen features of VGG16, took {durations} by the clock; other work shared the "
        "machine at times.",
        "seeds": "Trained with the seeds {seeds}, {network} has accuracies of {accuracies}.",
        "spread": "These are up to {spread} apart, and the first, which this report shows, is "
        "{rank}: a smaller difference of two networks may be the seed's.",
        "highest": "the highest",
        "lowest": "the lowest",
        "between": "between the others",
        "mean": " With {count} seeds the mean accuracy of {network} is {mean}; the training shown "
        "is {rank}.",
        "once": "{network} was trained once.",
        "repeated": "The record `accuracy-{slug}.csv` ({date}; {processor}) has more trainings on "
        "these data. {seeds}",
        "not repeated": "Each network was trained once, so nothing here tells what another "
        "training seed would change.",
    },
    "fa": {
        "sample": "{data}، {kind}، {n:,} تصویر Validation، بذر {seed}؛ بازه‌های بوت‌استرپ 95%، "
        "{resamples:,} بازنمونه",
        "rendered": "رندرشده و ساختگی",
        "photographs": "عکس",
        "minutes": "{minutes:.0f} دقیقه برای {network}",
        "unknown": "زمانی نامعلوم برای {network}",
        "run": "`accuracy-{slug}.csv` ثبت اجرایی است روی داده‌هایی جز داده‌های این گزارش: {data} "
        "({kind}؛ {train_n:,} تصویر آموزش و {n:,} تصویر Validation؛ بذر {seed}؛ چکیدهٔ درهم‌سازی "
        "{data_digest}؛ اندازهٔ اجرا `{profile}`؛ {date}؛ {processor}). برای {copies_in_train:,} "
        "تصویر Validation نسخه‌ای یکسان یا کمابیش یکسان در Train هست. آموزش، همراه با ویژگی‌های "
        "منجمد VGG16، در عمل {durations} زمان برد؛ گاهی کار دیگری هم روی دستگاه در جریان بود.",
        "seeds": "دقت {network} در آموزش با بذرهای {seeds} به ترتیب {accuracies} است.",
        "spread": "این دقت‌ها تا {spread} از هم دورند و نخستین آن‌ها که در این گزارش آمده {rank} "
        "است: تفاوتی کمتر از این میان دو شبکه شاید از بذر باشد.",
        "highest": "بالاترین",
        "lowest": "پایین‌ترین",
        "between": "میان دیگران",
        "mean": " میانگین دقت {network} با {count} بذر {mean} است و آموزشی که اینجا آمده {rank} "
        "است.",
        "once": "{network} یک بار آموزش دیده است.",
        "repeated": "ثبت `accuracy-{slug}.csv` ({date}؛ {processor}) آموزش‌های بیشتری روی همین "
        "داده‌ها دارد. {seeds}",
        "not repeated": "هر شبکه یک بار آموزش دیده است؛ پس از اینجا برنمی‌آید که بذر دیگری در "
        "آموزش چه تغییری می‌داد.",
    },
}


@dataclass(frozen=True)
class Study:
    """One recorded run.

    Attributes:
        records: a row for each network, seed, variant and figure of merit, as
            ``study.measure_network`` makes them, and for the difference of the networks, as
            ``study.measure_difference`` does; with the columns of ``study.describe_run``.
    """

    records: pd.DataFrame

    @property
    def slug(self) -> str:
        """A name for labels and the file: data and profile."""
        return f"{make_label(self.data)}-{self.records['profile'].iloc[0]}"

    @property
    def data(self) -> str:
        """The title of the data."""
        return self.records["data"].iloc[0]

    @property
    def summaries(self) -> dict[str, pd.DataFrame]:
        """For each network, and their difference, a table like that of ``metrics.summarise``."""
        return take_summaries(self._first_seed)

    @property
    def variants(self) -> pd.DataFrame:
        """The networks' rows in all variants, as ``variants.summarise_variants`` makes them."""
        return self._first_seed[self._first_seed["epochs"].notna()]

    @property
    def _first_seed(self) -> pd.DataFrame:
        return self.records[self.records["seed"] == self.records["seed"].iloc[0]]

    def name_sample(self, language: str = "en") -> str:
        """Return what a caption says of the data: title, split, images, seed."""
        return _WORDS[language]["sample"].format(**self._say(language))

    def describe_origin(self, language: str = "en") -> str:
        """Say where the record comes from: data, size, seed, machine, date and duration."""
        words = _WORDS[language]
        seconds = self.variants.groupby("network", sort=False)["training_seconds"].first()
        durations = [
            words["minutes" if pd.notna(value) else "unknown"].format(
                minutes=value / 60, network=name_network(title, language)
            )
            for title, value in seconds.items()
        ]
        return words["run"].format(
            slug=self.slug, durations=join_words(durations, language), **self._say(language)
        )

    def describe_comparison(self, language: str = "en") -> str:
        """Say where the networks disagree, and how far seeds are apart; nothing of one network."""
        sentences = [*self._describe_difference(language), *self._describe_seeds(language)]
        return " ".join(sentences)

    def describe_repetitions(self, language: str = "en") -> str:
        """Say what other seeds gave on these data, and which network was trained once."""
        sentences = [
            *self._describe_seeds(language),
            *self._describe_spread(language),
            *self._describe_once(language),
        ]
        values = self._say(language) | {"slug": self.slug, "seeds": " ".join(sentences)}
        return _WORDS[language]["repeated"].format(**values)

    def _say(self, language: str) -> dict[str, object]:
        """Return the first row's values, in the language where they are words."""
        row = self.records.iloc[0].to_dict()
        row["kind"] = _WORDS[language]["rendered" if row["rendered"] else "photographs"]
        if language == "fa":
            row["data"] = name_title_fa(row["data"])
            row |= {name: from_the_left(row[name]) for name in ("processor", "date")}
        return row

    def _describe_difference(self, language: str) -> list[str]:
        pairs = self._first_seed[self._first_seed["epochs"].isna()]
        if pairs.empty:
            return []
        pair = pairs.iloc[0]
        second, first = pair["network"].split(" minus ")
        counts = (int(pair["only_first"]), int(pair["only_second"]))
        return [describe_disagreement((first, second), counts, pair["p_value"], language)]

    def _describe_seeds(self, language: str) -> list[str]:
        """List the accuracies of the networks that were trained more than once."""
        return [
            _WORDS[language]["seeds"].format(
                seeds=join_words(group["seed"].astype(str).tolist(), language),
                network=name_network(title, language),
                accuracies=join_words(
                    [format_number(value, 3) for value in group["estimate"]], language
                ),
            )
            for title, group in self._trainings()
            if len(group) > 1
        ]

    def describe_mean(self, title: str, language: str = "en") -> str:
        """Say a network's mean accuracy over its seeds; nothing of one seed."""
        values = dict(self._trainings())[title]["estimate"]
        if len(values) < 2:
            return ""
        words = _WORDS[language]
        return words["mean"].format(
            count=len(values),
            network=name_network(title, language),
            mean=format_number(values.mean(), 3),
            rank=words[_rank_first(values)],
        )

    def _describe_spread(self, language: str) -> list[str]:
        """Say how far seeds are apart, and where among them the report's stands."""
        words, sentences = _WORDS[language], []
        for _, group in self._trainings():
            low, high = group["estimate"].agg(["min", "max"])
            if high > low:
                rank = words[_rank_first(group["estimate"])]
                spread = format_number(high - low, 3)
                sentences.append(words["spread"].format(spread=spread, rank=rank))
        return sentences

    def _describe_once(self, language: str) -> list[str]:
        once = _WORDS[language]["once"]
        return [
            once.format(network=name_network(title, language))
            for title, group in self._trainings()
            if len(group) == 1
        ]

    def _trainings(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Give each network's rows for accuracy, one for each seed."""
        accuracy = (self.records["variant"] == ALL) & (self.records["figure"] == "accuracy")
        rows = self.records[accuracy & self.records["epochs"].notna()]
        return iter(rows.groupby("network", sort=False))


def _rank_first(values: pd.Series) -> str:
    first = values.iloc[0]
    return "highest" if first == values.max() else "lowest" if first == values.min() else "between"


def read_other_studies(data_digest: str) -> list[Study]:
    """Return the committed records of runs on other data than this run's.

    Args:
        data_digest: this run's data.
    """
    runs = read_runs(PREFIX)
    return [Study(rows) for rows in runs if rows["data_digest"].iloc[0] != data_digest[:16]]


def find_study(data_digest: str, profile: str) -> Study | None:
    """Return the committed record of a run on the same data in the same profile, if there is one.

    Args:
        data_digest: this run's data.
        profile: the name of its profile.
    """
    for rows in read_runs(PREFIX):
        if (rows["data_digest"] == data_digest[:16]).all() and (rows["profile"] == profile).all():
            return Study(rows)
    return None


def describe_repetitions(data_digest: str, profile: str, language: str = "en") -> str:
    """Say what other training seeds gave on the same data, or that it is not recorded.

    Args:
        data_digest: this run's data.
        profile: the name of its profile.
        language: ``en`` or ``fa``.
    """
    study = find_study(data_digest, profile)
    return study.describe_repetitions(language) if study else _WORDS[language]["not repeated"]


def describe_mean(title: str, data_digest: str, profile: str, language: str = "en") -> str:
    """Say a network's mean accuracy over the recorded seeds; nothing where none are recorded.

    Args:
        title: of the network.
        data_digest: this run's data.
        profile: the name of its profile.
        language: ``en`` or ``fa``.
    """
    study = find_study(data_digest, profile)
    return study.describe_mean(title, language) if study else ""
