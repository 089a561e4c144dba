"""The bench of recurrent language models: what is compared has to be what it says it is."""

from __future__ import annotations

import torch

from bench import recurrent_lm as bench


def test_a_transformer_reads_on_in_chunks_and_slides_over_long_texts() -> None:
    torch.manual_seed(0)
    model = bench.SmallTransformer(9, 16, 2, 2, block=8, tied=False).eval()
    ids = torch.randint(9, (2, 30))
    whole, _ = model(ids[:, :8])
    first, state = model(ids[:, :3])
    second, state = model(ids[:, 3:8], state)
    torch.testing.assert_close(torch.cat([first, second], dim=1), whole)
    logits, state = model(ids)
    assert logits.shape == (2, 30, 9) and state.shape == (2, 7)
    torch.testing.assert_close(logits[:, :8], whole)
    other = ids.clone()
    other[:, 20] = (other[:, 20] + 1) % 9
    torch.testing.assert_close(model(other)[0][:, :20], logits[:, :20])  # nobody sees the future


def test_quick_rows_have_numbers() -> None:
    rows = [*bench.measure_cells(quick=True), *bench.measure_minute(quick=True)]
    assert len(rows) == 9 and all(row.value is not None for row in rows)
    assert rows[0].unit == "×" and rows[0].value > 0
