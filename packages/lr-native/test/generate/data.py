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


def augment(image, size, padding, p):
    """What torchvision's RandomCrop(size, padding) and RandomHorizontalFlip(p) draw and do."""
    image = torch.nn.functional.pad(image, [padding] * 4)
    rows, columns = image.shape[1] - size + 1, image.shape[2] - size + 1
    top = torch.randint(0, rows, size=(1,)).item()
    left = torch.randint(0, columns, size=(1,)).item()
    image = image[:, top : top + size, left : left + size]
    return image.flip(-1) if torch.rand(1) < p else image


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
    torch.manual_seed(8)
    image = torch.arange(1, 2 * 4 * 5 + 1, dtype=torch.float32).reshape(2, 4, 5)
    augmented = [augment(image, 4, 2, 0.4).flatten().tolist() for _ in range(12)]
    result = {"augmented": augmented, "loaders": cases, "split": split, "scaled": scaled.tolist(), "normalized": normalized.tolist()}
    (FIXTURES / "data.json").write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
