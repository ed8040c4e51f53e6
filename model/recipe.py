"""Recipe: every hyperparameter in one frozen dataclass, with the presets that go by name.

The fields below are the one source of defaults, types, bounds and help: both command lines, the run's
`recipe.toml` and the checkpoint's manifest are made from them. Nothing here imports JAX.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Literal, NamedTuple

from corpora.errors import CharlstmError
from corpora.reading.encoding_names import check_encoding
from corpora.reading.read_as import ReadAs
from model.networks.network_kinds import NETWORKS
from model.networks.sight import spelled_sight
from model.options.field_types import choices_of, meaningless, setting, spelled
from model.sampling import SETTINGS, Sampling
from model.tokens.tokenizer_kinds import TOKENIZERS

Reading = Literal["windows", "lanes"]
Optimizer = Literal["rmsprop", "adamw"]
Schedule = Literal["constant", "one-cycle"]
Initialisation = Literal["fused", "per-gate"]
Precision = Literal["float32", "bfloat16"]


class _Choice(NamedTuple):
    """A choice of a field."""

    without: tuple[str, ...] = ()
    """Fields that mean nothing to it."""


_READINGS = {"windows": _Choice(("random_offsets",)), "lanes": _Choice(("stride",))}
_OPTIMIZERS = {"rmsprop": _Choice(("momentum", "weight_decay")), "adamw": _Choice()}
_SCHEDULES = {"constant": _Choice(("warmup",)), "one-cycle": _Choice()}

MOST_STREAMS = 4
"""As many texts are written at once, at most; the screen's grid and stored samples follow it."""

_LARGEST = 2**31 - 1
"""Of a whole number without a smaller bound."""

_FARTHEST = 4096
"""The largest dilation."""


class RecipeError(CharlstmError, ValueError):
    """A hyperparameter is out of its bounds or does not fit another; the message says what to do."""


def _as_in_sampling(name: str) -> Any:
    """A field of Recipe that is one of Sampling."""
    of_sampling = Sampling.__dataclass_fields__[name]
    switch = isinstance(of_sampling.default, bool)
    low, high = (None if switch else of_sampling.metadata[end] for end in ("low", "high"))
    return setting(of_sampling.default, of_sampling.metadata["help"], low=low, high=high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that decides how a network is trained; the same recipe and corpus give the same run.

    Raises:
        RecipeError: a value lies outside its bounds.
    """

    # The text
    encoding: str = setting("", "encoding of the text, such as cp1252 or shift_jis; without, detected", metavar="NAME")
    nfc: bool = setting(True, "make one character of a letter and its accent (Unicode's form NFC)")
    lowercase: bool = setting(False, "lower-case the corpus before anything else")
    min_count: int = setting(1, "characters rarer than this become one 'unknown'", low=1, high=_LARGEST)
    text_length: int = setting(
        0, "read only so many characters, from the start of the text; 0 reads all", low=0, high=_LARGEST
    )
    column: str = setting("", "of tables (csv, tsv, jsonl), read only this column, a line for each row", metavar="NAME")
    lines: bool = setting(False, "make each line a text by itself: for lists of names, titles, headlines")
    separator: bool = setting(False, "mark the end of each file with a token of its own")
    held_out: float = setting(0.1, "share of the text, at its end, that is kept for evaluation", low=0.0, high=0.5)
    tokens: str = setting(
        "characters",
        "tokens that the text is split into: characters, words (rare ones are spelled out), or pieces of words; "
        "for words and pieces, 'fast' and 'best' use settings that suit them",
        kinds=TOKENIZERS,
    )
    vocabulary: int = setting(
        6000, "words or pieces that are learned from the training text, beside all characters", low=1, high=100_000
    )

    # The network
    network: str = setting(
        "lstm", "kind of network; 'fast' and 'best' have a size and a rate that suit each", kinds=NETWORKS
    )
    hidden: int = setting(128, "units of each layer", low=1, high=8192)
    layers: int = setting(1, "number of layers", low=1, high=16)
    character_gates: bool = setting(False, "let each token gate the memory before the network reads it")
    tied: bool = setting(False, "read and predict each token with the same vector: fewer weights for many tokens")
    dropout: float = setting(0.0, "chance that an output of a layer is dropped", low=0.0, high=0.95)
    weight_drop: float = setting(0.0, "chance that a recurrent weight is dropped for a step", low=0.0, high=0.95)
    forget_bias: float = setting(1.0, "initial bias of the forget gate", low=-10.0, high=10.0)
    initialisation: Initialisation = setting(
        "per-gate", "initialise the weights of each gate separately, or of all as one matrix"
    )
    precision: Precision = setting(
        "float32", "precision of the recurrent or convolution products in training; bfloat16 is faster on some hardware"
    )
    kernel: int = setting(2, "tokens that each layer looks at ('conv' only)", low=2, high=32)
    dilations: tuple[int, ...] = setting(
        (1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
        "how far apart these are, layer by layer, for as many layers as there are; with more, the list begins again "
        "('conv' only)",
    )

    # Reading
    reading: Reading = setting(
        "lanes",
        "'windows': overlapping windows, last token the target; 'lanes': every token a target",
        kinds=_READINGS,
    )
    window: int = setting(32, "tokens per window or lane in one optimiser step", low=2, high=4096)
    stride: int = setting(3, "tokens between the starts of two windows ('windows' only)", low=1, high=_LARGEST)
    batch: int = setting(32, "windows, or lanes of the text, that a step reads", low=1, high=65536)

    random_offsets: bool = setting(False, "start the lanes at other places of the text in each epoch ('lanes' only)")

    # Training
    epochs: int = setting(8, "passes over the training text", low=1, high=100_000)
    steps_per_epoch: int = setting(
        0,
        "steps of an epoch; the next goes on in the text where it ends; 0 ends it with the text",
        low=0,
        high=_LARGEST,
    )
    optimizer: Optimizer = setting("adamw", "the optimiser", kinds=_OPTIMIZERS)
    rate: float = setting(0.04, "learning rate (the peak of a one-cycle schedule)", low=0.0, high=10.0)
    schedule: Schedule = setting("one-cycle", "how the learning rate changes during the run", kinds=_SCHEDULES)
    warmup: float = setting(0.05, "share of the run in which a one-cycle rate rises", low=0.0, high=0.9)
    momentum: float = setting(0.0, "AdamW's decay of the gradient's running mean; 0 keeps none", low=0.0, high=0.9999)
    decay: float = setting(0.99, "decay of the squared gradient's running mean", low=0.0, high=0.999999)
    epsilon: float = setting(1e-8, "added to the optimiser's divisor, to keep the division finite", low=0.0, high=1.0)
    weight_decay: float = setting(0.02, "AdamW's decoupled weight decay", low=0.0, high=10.0)
    clip: float = setting(1.0, "clip the gradient to this global norm; 0 turns clipping off", low=0.0)
    guard: bool = setting(True, "if training diverges, roll back to good weights at half the learning rate")
    random_seed: int = setting(1, "seed of all randomness in training", low=0, high=_LARGEST)

    # The showing after each epoch
    temperatures: tuple[float, ...] = setting((0.2, 0.5, 1.0, 1.2), "temperatures of the samples after each epoch")
    top_k: int = _as_in_sampling("top_k")
    top_p: float = _as_in_sampling("top_p")
    min_p: float = _as_in_sampling("min_p")
    typical: float = _as_in_sampling("typical")
    top_n_sigma: float = _as_in_sampling("top_n_sigma")
    mirostat: float = _as_in_sampling("mirostat")
    dry: float = _as_in_sampling("dry")
    temperature_last: bool = _as_in_sampling("temperature_last")
    seed_length: int = setting(60, "characters of the corpus that each sample continues", low=0, high=100_000)
    sample_length: int = setting(400, "characters per sample", low=1, high=1_000_000)
    chain_samples: bool = setting(False, "let each sample of an epoch continue the one before, not the seed")

    def __post_init__(self) -> None:
        for each in fields(self):
            value, low, high = getattr(self, each.name), each.metadata["low"], each.metadata["high"]
            choices = choices_of(Recipe, each.name)
            if choices and value not in choices:
                raise RecipeError(f"{each.name} is {spelled(value)}; choose one of: {', '.join(choices)}.")
            if isinstance(value, bool) or not isinstance(value, int | float):
                continue
            if value != value or (low is not None and value < low) or (high is not None and value > high):
                bounds = f"at least {low}" if high is None else f"between {low} and {high}"
                raise RecipeError(f"{each.name} is {spelled(value)}; it must be {bounds}.")
        try:
            check_encoding(self.encoding)
        except CharlstmError as error:
            hint = str(error).partition(". ")[2]
            raise RecipeError(f"encoding is {spelled(self.encoding)}, which does not exist. {hint}") from None
        if not self.temperatures or not all(0 <= t <= 100 for t in self.temperatures):
            raise RecipeError("temperatures must be one or more numbers between 0 and 100.")
        if not self.dilations or not all(1 <= each <= _FARTHEST for each in self.dilations):
            raise RecipeError(f"dilations must be one or more whole numbers between 1 and {_FARTHEST}.")
        if self.lines and self.separator:
            raise RecipeError("separator is on, but lines makes each line a text by itself; choose one of them.")

    @property
    def read_as(self) -> ReadAs:
        """How the text is read."""
        return ReadAs(
            encoding=self.encoding,
            nfc=self.nfc,
            lowercase=self.lowercase,
            min_count=self.min_count,
            length=self.text_length,
            column=self.column,
            separator=self.separator,
            lines=self.lines,
        )

    @property
    def without(self) -> frozenset[str]:
        """The fields that mean nothing to its kind of network, its tokens and its other choices."""
        return frozenset(meaningless(Recipe, lambda name: getattr(self, name)))

    @property
    def sight(self) -> str:
        """How far back its network sees, 'sees 32 characters back'; empty where that has no end."""
        return spelled_sight(self)

    @property
    def token(self) -> str:
        """What one of its tokens is called: 'character', or 'token' where it may be more."""
        return "character" if self.tokens == "characters" else "token"

    @property
    def streams(self) -> int:
        """How many texts are written at once: one a temperature, four at most; one where each continues the last."""
        return 1 if self.chain_samples else min(MOST_STREAMS, len(self.temperatures))

    @property
    def in_turn(self) -> bool:
        """Whether some are written after others, each at its own temperature."""
        return len(self.temperatures) > self.streams

    def sampling(self, temperature: float) -> Sampling:
        """The recipe's sampling at one temperature."""
        others = [each.name for each in SETTINGS if each.name != "temperature"]
        return Sampling(temperature, **{name: getattr(self, name) for name in others})

    @property
    def samplings(self) -> tuple[Sampling, ...]:
        """The sampling of each part of a showing."""
        return tuple(map(self.sampling, self.temperatures))


_DEFAULTS: dict[str, Any] = {each.name: each.default for each in fields(Recipe)}

FAST = Recipe()

NOTEBOOK = replace(
    FAST,
    lowercase=True,
    initialisation="fused",
    reading="windows",
    window=60,
    stride=3,
    batch=128,
    epochs=59,
    optimizer="rmsprop",
    rate=0.01,
    schedule="constant",
    decay=0.9,
    epsilon=1e-7,
    clip=0.0,
    chain_samples=True,
)

BEST = replace(
    FAST,
    hidden=512,
    character_gates=True,
    dropout=0.4,
    weight_drop=0.3,
    window=64,
    random_offsets=True,
    epochs=18,
    rate=0.02,
    momentum=0.5,
)

WORDS = replace(FAST, tokens="words", **TOKENIZERS["words"].fitted["fast"])

PRESETS: dict[str, Recipe] = {"fast": FAST, "best": BEST, "words": WORDS, "notebook": NOTEBOOK}
"""Recipes by name. `best` trains for some minutes more; `words` writes whole words, after a minute or two; `notebook`
is the reference exercise, pinned to Keras 3."""

DEFAULT_RECIPE, DEFAULT_NETWORK = "fast", FAST.network
"""The preset that a recipe starts from where none is named, and its kind of network."""


_OF_LONGER_TOKENS = {"fast": "words", "best": "best words"}
"""What kinds of network call a preset with words or pieces, to be fitted to it."""


def preset(name: str, network: str = DEFAULT_NETWORK, tokens: str | None = None) -> Recipe:
    """The preset of this name, fitted to a kind of network and of tokens; what means nothing to them is left out.

    Args:
        name: of the preset.
        network: the kind of network.
        tokens: the kind of tokens; None for the preset's own.

    Raises:
        RecipeError: there is no such kind.
    """
    usual = PRESETS[name]
    named = replace(usual, network=network, tokens=tokens or usual.tokens)
    if named.tokens != usual.tokens:
        named = replace(named, **TOKENIZERS[named.tokens].fitted.get(name, {}))
    left_out = {field: _DEFAULTS[field] for field in named.without}
    called = name if named.tokens == "characters" else _OF_LONGER_TOKENS.get(name, name)
    return replace(named, **{**left_out, **NETWORKS[network].fitted.get(called, {})})
