"""Products with packed weights, in tiles for several kinds of registers."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from model.networks.cpu import packed_product
from model.networks.cpu.ffi_handler import Handler, registered
from model.networks.cpu.packed_product import Tile, panels_size, write_packing, write_product
from model.networks.cpu.scalars import Real

pytestmark = pytest.mark.usefixtures("two_devices")

TILES = {"avx512": Tile(8, 2, 16), "avx2": Tile(4, 3, 8), "others": Tile(4, 4, 4)}


@pytest.mark.parametrize("kind", TILES)
@pytest.mark.parametrize("transposed", [False, True], ids=["plain", "transposed"])
def test_a_product_is_that_of_numpy_whatever_the_tile(
    random: np.random.Generator, monkeypatch: pytest.MonkeyPatch, kind: str, transposed: bool
) -> None:
    monkeypatch.setattr(packed_product, "tile", lambda: TILES[kind])

    def write(handler: Handler) -> None:
        factor, weights = handler.operands(2)
        product, panels = handler.results(2)
        (rows, summed), (_, columns) = handler.lengths(factor, 2), handler.lengths(product, 2)
        write_packing(handler, handler.data(weights), handler.data(panels), summed, columns, transposed)
        places = [handler.data(each) for each in (factor, panels, product)]
        write_product(handler, *places, rows, summed, columns)

    name = registered(f"product_{kind}_{transposed}", Real.FLOAT32, write)
    # Around the rows and columns of tiles, and the squares in which weights are packed.
    for rows, summed, columns in [
        (1, 1, 1),
        (3, 5, 7),
        (4, 16, 24),
        (8, 8, 32),
        (9, 33, 47),
        (16, 20, 130),
        (21, 40, 96),
    ]:
        factor, weights = random.normal(size=(rows, summed)), random.normal(size=(summed, columns))
        results = [
            jax.ShapeDtypeStruct(shape, np.float32) for shape in ((rows, columns), (panels_size(summed, columns),))
        ]
        given = jnp.asarray(factor, np.float32), jnp.asarray(weights.T if transposed else weights, np.float32)
        got, _ = jax.ffi.ffi_call(name, results)(*given)
        np.testing.assert_allclose(got, factor @ weights, rtol=0, atol=1e-4)
