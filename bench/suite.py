"""The list of what is measured, and how it is run."""

from __future__ import annotations

import dataclasses
import importlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence

from bench.measure import NotMeasured
from bench.table import Row, unmeasured


@dataclasses.dataclass(frozen=True)
class Benchmark:
    """Something to measure.

    Args:
        name: how the command line calls it.
        title: what it measures, in a few words.
        place: where its function is, as "module:function"; loaded when it is run.
    """

    name: str
    title: str
    place: str

    def function(self) -> Callable[[bool], list[Row]]:
        """The function `measure(quick) -> rows`."""
        module, _, function = self.place.partition(":")
        return getattr(importlib.import_module(f"bench.{module}"), function)


BENCHMARKS = (
    Benchmark("import", "import utils, over import torch", "imports:measure"),
    Benchmark("data", "the loading of a corpus", "corpora:measure"),
    Benchmark("builder", "the builder", "lessons:measure_builder"),
    Benchmark("checks", "the time of a check", "judging:measure_times"),
    Benchmark("kneser-ney", "Kneser-Ney on a megabyte", "kneser_ney:measure_speed"),
    Benchmark("nltk", "Kneser-Ney against NLTK's", "kneser_ney:measure_against_nltk"),
    Benchmark("fixed-window", "a fixed window, larger and mixed", "neural_lm:measure"),
    Benchmark("rnn", "a recurrent network by hand against nn.RNN", "rnn:measure_training"),
    Benchmark("buckets", "batches of similar length against random ones", "rnn:measure_batches"),
    Benchmark("lstm", "an LSTM by hand against nn.LSTM", "recurrent_lm:measure_cells"),
    Benchmark("minute", "five language models, a minute of training each", "recurrent_lm:measure_minute"),
    Benchmark("skip-gram", "skip-gram on the verses", "word_vectors:measure"),
    Benchmark("gensim", "skip-gram against gensim's", "word_vectors:measure_against_gensim"),
    Benchmark("bpe", "BPE training against sentencepiece's", "bpe:measure"),
    Benchmark("attention", "attention against the fused kernel", "attention:measure"),
    Benchmark("transformer", "Transformer layers by hand against nn.Transformer's", "transformer:measure"),
    Benchmark("translation", "a Transformer and a recurrent network, the same time", "transformer:measure_translation"),
    Benchmark("bleu", "BLEU against sacrebleu's", "bleu:measure"),
    Benchmark("graphs", "graph attention: against GATConv, and a list against a table", "graph_attention:measure"),
    Benchmark("generation", "a GPT that writes, against Hugging Face's", "sampling:measure"),
    Benchmark("bert", "BERT against Hugging Face's, with the same weights", "bert:measure"),
    Benchmark("lessons", "the lessons, executed", "lessons:measure_runs"),
    Benchmark("mutations", "the mutation score", "judging:measure_mutations"),
)


def select(wanted: Sequence[str]) -> list[Benchmark]:
    """The benchmarks with these names, or with names that begin so, in the suite's order; all of them for none.

    Raises:
        ValueError: a name that none has.
    """
    for name in wanted:
        if not any(b.name.startswith(name) for b in BENCHMARKS):
            raise ValueError(f"There is no benchmark {name!r}: choose from {', '.join(b.name for b in BENCHMARKS)}.")
    return [b for b in BENCHMARKS if not wanted or any(b.name.startswith(name) for name in wanted)]


def run(benchmarks: Sequence[Benchmark], quick: bool) -> Iterator[Row]:
    """Runs them one after the other; says on stderr which one, and how long it took.

    What fails becomes a row that says so, and the others are measured all the same. The rows of a quick run have no
    targets: those are meant for the full sizes.
    """
    for benchmark in benchmarks:
        print(f"{benchmark.title} …", end=" ", file=sys.stderr, flush=True)
        start = time.perf_counter()
        try:
            for row in benchmark.function()(quick):
                yield dataclasses.replace(row, target=None) if quick else row
        except NotMeasured as reason:
            yield unmeasured(benchmark.name, str(reason))
        except Exception as error:
            yield unmeasured(benchmark.name, f"{type(error).__name__}: {' '.join(str(error).split())}")
        print(f"{time.perf_counter() - start:.1f} s", file=sys.stderr, flush=True)
