"""Losses against loops over single photos, straight from the papers."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from veduta.landmarks.train_losses import CenterLoss, SubcenterArcFace, dynamic_margins

LANDMARKS, WIDTH = 5, 8


def batch(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Embeddings of 12 photos; label 5 means no landmark, and landmark 4 does not occur."""
    random = np.random.default_rng(seed)
    labels = np.array([0, 0, 0, 1, 2, 2, 3, 5, 5, 5, 5, 1])
    return torch.from_numpy(random.normal(size=(12, WIDTH)).astype(np.float32)), torch.from_numpy(labels)


def test_center_loss_is_half_the_mean_square_distance() -> None:
    embeddings, labels = batch()
    loss = CenterLoss(LANDMARKS, WIDTH)
    loss.centers.copy_(torch.from_numpy(np.random.default_rng(1).normal(size=(LANDMARKS, WIDTH))))
    naive, shown = 0.0, 0
    for embedding, label in zip(embeddings.tolist(), labels.tolist(), strict=True):
        if label < LANDMARKS:
            center = loss.centers[label].tolist()
            naive += 0.5 * sum((e - c) ** 2 for e, c in zip(embedding, center, strict=True))
            shown += 1
    assert float(loss(embeddings, labels)) == pytest.approx(naive / shown, rel=1e-5)


def test_centers_follow_by_the_rule_of_the_paper() -> None:
    embeddings, labels = batch()
    loss = CenterLoss(LANDMARKS, WIDTH, speed=0.3)
    loss.centers.copy_(torch.from_numpy(np.random.default_rng(1).normal(size=(LANDMARKS, WIDTH))))
    before = loss.centers.clone()
    loss.follow(embeddings, labels)
    for landmark in range(LANDMARKS):
        own = [e for e, label in zip(embeddings, labels.tolist(), strict=True) if label == landmark]
        delta = sum((before[landmark] - e for e in own), torch.zeros(WIDTH)) / (1 + len(own))
        assert torch.allclose(loss.centers[landmark], before[landmark] - 0.3 * delta, atol=1e-6)
    assert torch.equal(loss.centers[4], before[4])


def test_photos_without_a_landmark_have_no_center_and_no_pull() -> None:
    embeddings, labels = batch()
    loss = CenterLoss(LANDMARKS, WIDTH)
    assert len(loss.centers) == LANDMARKS
    embeddings.requires_grad_()
    loss(embeddings, labels).backward()
    without = embeddings.grad[labels == LANDMARKS]
    assert torch.count_nonzero(without) == 0
    assert (embeddings.grad[labels < LANDMARKS].abs().sum(dim=1) > 0).all()

    only = torch.full((4,), LANDMARKS)
    alone = torch.randn(4, WIDTH, requires_grad=True)
    value = loss(alone, only)
    value.backward()
    assert float(value.detach()) == 0.0 and torch.count_nonzero(alone.grad) == 0
    before = loss.centers.clone()
    loss.follow(alone.detach(), only)
    assert torch.equal(loss.centers, before)


def test_arcface_is_the_angle_to_the_nearest_prototype_plus_a_margin() -> None:
    embeddings, labels = batch()
    margins = dynamic_margins([30, 3, 25, 7, 1])
    torch.manual_seed(0)
    loss = SubcenterArcFace(WIDTH, margins, prototypes=3, scale=20.0)
    scores = loss(embeddings, labels).detach().numpy()
    assert scores.shape == (12, LANDMARKS + 1)
    prototypes = loss.prototypes.detach().numpy().astype(float)
    for row, (embedding, label) in enumerate(
        zip(embeddings.numpy().astype(float), labels.tolist(), strict=True)
    ):
        for landmark in range(LANDMARKS):
            cosines = [
                embedding @ p / (np.linalg.norm(embedding) * np.linalg.norm(p)) for p in prototypes[landmark]
            ]
            angle = math.acos(max(cosines)) + (margins[landmark] if landmark == label else 0.0)
            assert scores[row, landmark] == pytest.approx(20 * math.cos(min(angle, math.pi)), abs=1e-3)
        assert scores[row, LANDMARKS] == pytest.approx(20 * 0.4)


def test_arcface_without_labels_has_no_margins() -> None:
    embeddings, labels = batch()
    loss = SubcenterArcFace(WIDTH, dynamic_margins([5] * LANDMARKS))
    plain, margined = loss(embeddings), loss(embeddings, labels)
    shown = labels < LANDMARKS
    own = labels[shown]
    assert (margined[shown].gather(1, own[:, None]) < plain[shown].gather(1, own[:, None])).all()
    assert torch.equal(margined[~shown], plain[~shown])


def test_margins_widen_for_landmarks_with_few_photos() -> None:
    margins = dynamic_margins([1, 10, 100, 10000])
    assert margins == sorted(margins, reverse=True)
    assert margins[0] == pytest.approx(0.45)
    assert margins[1] == pytest.approx(0.05 + 0.4 / 10**0.25)
