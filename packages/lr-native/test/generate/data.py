"""Writes test/fixtures/data.json: the order of PyTorch's DataLoader and what is drawn beside it; scaled images."""

import json
import pathlib

import torch
from torch.utils.data import DataLoader, TensorDataset, random_split

FIXTURES = pathlib.Path(__file__).parent.parent / "fixtures"


def run(seed, length, own_generator, epochs=3, **options):
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed + 1) if own_generator else None
    loader = DataLoader(TensorDataset(torch.arange(length)), generator=generator, num_workers=0, **options)
    result = []
    for _ in range(epochs):
        batches = []
        for (batch,) in loader:
            # A draw in the loop's body, as dropout makes, shows when the loader itself draws.
            own = None if generator is None else torch.rand(1, generator=generator).item()
            batches.append({"batch": batch.tolist(), "drawn": torch.rand(1).item(), "own": own})
        result.append(batches)
    return result


def main():
    cases = []
    for seed, length, own, options in [
        (0, 10, False, {"batch_size": 3, "shuffle": True}),
        (0, 10, True, {"batch_size": 3, "shuffle": True}),
        (1, 12, True, {"batch_size": 4, "shuffle": True}),
        (1, 12, False, {"batch_size": 4, "shuffle": True}),
        (2, 11, True, {"batch_size": 4, "shuffle": True, "drop_last": True}),
        (3, 8, True, {"batch_size": 4, "shuffle": True, "drop_last": True}),
        (4, 9, False, {"batch_size": 4}),
        (4, 9, True, {"batch_size": 4, "drop_last": True}),
        (5, 3, False, {"shuffle": True}),
        (5, 3, True, {"batch_size": 10, "shuffle": True}),
        (5, 3, True, {"batch_size": 10, "shuffle": True, "drop_last": True}),
    ]:
        names = {"batch_size": "batchSize", "drop_last": "dropLast", "shuffle": "shuffle"}
        cases.append({
            "seed": seed,
            "length": length,
            "ownGenerator": own,
            "options": {names[key]: value for key, value in options.items()},
            "epochs": run(seed, length, own, **options),
        })
    torch.manual_seed(6)
    split = [list(part.indices) for part in random_split(range(20), [12, 5, 3])]
    # As torchvision's ToTensor and Normalize.
    scaled = torch.arange(256, dtype=torch.uint8).to(torch.float32).div(255)
    normalized = scaled.clone().sub_(torch.tensor([0.1307])).div_(torch.tensor([0.3081]))
    result = {"loaders": cases, "split": split, "scaled": scaled.tolist(), "normalized": normalized.tolist()}
    (FIXTURES / "data.json").write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
