"""Print the odds of the next token after a text: as the model has them, and as sampling leaves them."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

import numpy as np

from corpora.safe_text import counted, enumerated, listed
from model.cli.console import say, say_json, say_table
from model.cli.run_argument import add_run, language_model_of, open_weights
from model.cli.writing.idle_settings import report_idle
from model.cli.writing.seed_options import PREFIX, add_seed_text, named, one_seed, report_replacements
from model.options.parser import between, whole_number
from model.options.sampling_options import add_sampling_options, one_sampling
from model.sampling import Sampling
from model.tokens.tokenizer import Tokenizer

HELP = "print the odds of the next token"
USAGE = "charlstm odds RUN [--seed-text TEXT] [OPTION ...]"

_PREFIX = "prefix"
"""What cuts the tokens that do not complete the word in which the seed ends."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    add_run(parser)
    add_seed_text(parser)
    add_sampling_options(parser, several=False, left_out="as in the run's recipe, and the temperature is 1")
    parser.add_argument(
        "--rows",
        type=between(whole_number, 1),
        default=10,
        metavar="N",
        help="tokens in the table, the likeliest first (default: %(default)s)",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print one JSON object: all 'tokens' and, in their order, the odds 'before' and 'after', those after "
        "each of the 'stages' that are on, and 'cut_by', what cuts each token: a filter, or "
        f"'{_PREFIX}' where it does not complete the word; 'entropy' and 'entropy_before' are in bits; {PREFIX}",
    )


def work(options: argparse.Namespace) -> int:
    """Read the text, and print what could follow."""
    run, checkpoint = open_weights(options)
    text = one_seed(options)
    language_model = language_model_of(checkpoint)
    from model.writing.language_model import repeated
    from model.writing.probabilities import FILTERS, entropy_of, settings_of
    from model.writing.trace import make_next_token
    from model.writing.units.switching import check_units

    check_units(language_model.network, getattr(options, "without_units", ()))
    seed = language_model.encode_seed(text)
    sampling = one_sampling(options, language_model.recipe)
    next_token = make_next_token(language_model.graph, language_model.tokenizer.order)
    so_far = [each for _, each in sampling.stages] or [sampling]  # the last is the whole
    state = repeated(language_model.after_seed(seed), len(so_far))
    odds, _ = next_token(language_model.params, state, settings_of(so_far))
    before, after = np.asarray(odds.before)[-1], np.asarray(odds.after)[-1]
    bits_before, bits_after = (float(entropy_of(each)[-1]) for each in (odds.before, odds.after))
    stages = {name: after for (name, _), after in zip(sampling.stages, np.asarray(odds.after), strict=False)}
    tokens = [language_model.tokenizer.text_of(each) for each in range(len(language_model.tokenizer))]
    cut_by = [FILTERS[each] if each >= 0 else None for each in np.asarray(odds.cut_by)[-1]]
    candidates = _candidates(language_model.tokenizer, seed.prefix)
    for token in np.flatnonzero(~candidates):
        cut_by[token] = _PREFIX
    if options.json:
        facts = {"run": run.name, "step": checkpoint.manifest.step, "seed": seed.text, "replaced": seed.replaced}
        lists = {"tokens": tokens, "before": before.tolist(), "after": after.tolist(), "cut_by": cut_by}
        lists |= {"stages": [{"name": name, "after": each.tolist()} for name, each in stages.items()]}
        entropy = {"entropy": bits_after, "entropy_before": bits_before}
        facts |= {"prefix": seed.prefix} if seed.prefix else {}
        say_json({"event": "odds"} | facts | sampling.to_plain() | lists | entropy)
        return 0
    report_replacements(language_model.tokenizer, [text])
    report_idle([sampling])
    begins = f", of tokens that begin with {seed.prefix!r}" if seed.prefix else ""
    say(f"{named(seed.text)}{begins}, with {sampling.words}")
    _say_likeliest(options.rows, tokens, before, stages, after, cut_by)
    if "dry" in stages:
        _say_penalised(sampling, tokens, before, stages["dry"])
    _say_cuts(sampling, before, cut_by, () if seed.prefix else language_model.tokenizer.parts)
    say(f"entropy before: {_ways(bits_before)}")
    say(f"entropy after:  {_ways(bits_after)}")
    return 0


def _candidates(tokenizer: Tokenizer, prefix: str) -> np.ndarray:
    """Which tokens begin with a prefix, bool (V,)."""
    if not prefix or tokenizer.order is None:
        return np.ones(len(tokenizer), bool)
    places, (low, beyond) = np.array(tokenizer.order), tokenizer.among(prefix)
    return (low <= places) & (places < beyond)


def _say_likeliest(
    rows: int,
    tokens: Sequence[str],
    before: np.ndarray,
    stages: Mapping[str, np.ndarray],
    after: np.ndarray,
    cut_by: Sequence[str | None],
) -> None:
    """The likeliest tokens: before sampling, after each stage where there are several, and after all."""
    candidates = [token for token in np.argsort(-before, kind="stable").tolist() if cut_by[token] != _PREFIX]
    likeliest = candidates[:rows]
    columns = {"token": [repr(tokens[token]) for token in likeliest], "before": [*map(_percent, before[likeliest])]}
    passed = list[str]()
    for name, odds in stages.items() if len(stages) > 1 else ():
        cut = {name: "cut"} | dict.fromkeys(passed, "")
        columns[_option(name)] = [cut.get(cut_by[token] or "", _percent(odds[token])) for token in likeliest]
        passed.append(name)
    columns["after"] = [
        f"cut by {_option(by)}" if (by := cut_by[each]) else _percent(after[each]) for each in likeliest
    ]
    say_table([*columns], [*zip(*columns.values(), strict=True)], folded=True)
    if len(candidates) > rows:
        say(f"and {len(candidates) - rows:,} more: --rows {len(candidates)} prints all, and --json lists them")


def _say_penalised(sampling: Sampling, tokens: Sequence[str], before: np.ndarray, after: np.ndarray) -> None:
    """What DRY has made less likely: all others keep their odds to one another."""
    from model.writing.probabilities import DRY_ALLOWED

    change = np.divide(after, before, out=np.zeros(len(before)), where=before > 0)
    less = np.flatnonzero((before > 0) & (change < 0.999 * change.max()))
    likeliest = less[np.argsort(-before[less], kind="stable")]
    named = listed([f"{tokens[each]!r} ({_percent(before[each])} to {_percent(after[each])})" for each in likeliest])
    what = (
        f"made less likely: {named}"
        if named
        else f"changed nothing: no token continues a repeat of {DRY_ALLOWED} tokens or more"
    )
    say(f"dry {sampling.dry:g} {what}")


def _say_cuts(sampling: Sampling, before: np.ndarray, cut_by: Sequence[str | None], parts: Sequence[str]) -> None:
    """What each filter has cut, of candidates of such parts."""
    of = f"of {sum(each != _PREFIX for each in cut_by):,} tokens" + (f" ({enumerated(parts)})" if parts else "")
    for name in [each for each in sampling.order if each in cut_by]:
        cut = np.array([each == name for each in cut_by])
        value, lost = getattr(sampling, name), _percent(before[cut].sum())
        say(f"{_option(name)} {value:g} cut {cut.sum():,} {of}, which had {lost}")


def _option(name: str) -> str:
    return name.replace("_", "-")


def _percent(probability: float) -> str:
    return f"{100 * probability:.2f} %" if probability == 0 or probability >= 5e-5 else "<0.01 %"


def _ways(bits: float) -> str:
    return f"{bits:.2f} bits, about {counted(round(2**bits), 'way')}"
