"""Simulated users of the training, and a step that learns from them."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from inference.data.device import CPU
from inference.training.clicks import CONFIGS, Run
from inference.training.interaction import User, UserRules, begin_with_own, encode_windows, interact, make_user, sloppy
from tests.inference.mini import encoder, window


def test_users_begin_and_click_in_the_shares_of_the_rules() -> None:
    rules = UserRules(corrections=0.3, boxes=0.2)
    rng = np.random.default_rng(0)
    users = [make_user(window(4, 4), 0, rng, rules) for _ in range(400)]
    assert np.mean([u.previous is not None for u in users]) == pytest.approx(0.3, abs=0.07)
    assert np.mean([u.box is not None for u in users]) == pytest.approx(0.2, abs=0.07)
    assert np.mean([u.rounds > 0 for u in users]) == pytest.approx(0.5, abs=0.08)


def test_some_begin_with_the_model_s_own_mask_and_no_prompt_of_it_stays() -> None:
    rules = UserRules(corrections=0.1, boxes=0.2, own=0.3)
    rng = np.random.default_rng(0)
    users = [make_user(window(4, 4), 0, rng, rules) for _ in range(400)]
    assert np.mean([u.own for u in users]) == pytest.approx(0.3, abs=0.07)
    assert not any(u.own and (u.box or u.previous is not None) for u in users)
    parts = [make_user(replace(window(4, 4), min_clicks=2), 0, rng, rules) for _ in range(400)]
    assert np.mean([u.own for u in parts]) == pytest.approx(0.3, abs=0.07)

    cfg = CONFIGS["tiny"]
    model, chosen = Run(cfg, 0).model, users[:12]
    with torch.no_grad(), CPU.autocast():
        model.decoder.head[-1].get_parameter("bias").fill_(50.0)  # everything is the object
        maps = encode_windows(model, encoder(), [window(4, cfg.model.tokens)], CPU)
        begin_with_own(model, maps, torch.zeros(12, dtype=torch.long), chosen, rng)
    assert [u.previous is not None and bool(u.previous.all()) for u in chosen] == [u.own for u in chosen]
    assert any(u.own for u in chosen)
    assert not any(u.clicks or (u.own and u.box) for u in chosen)


def test_a_careless_user_gives_a_loose_box_or_clicks_anywhere() -> None:
    rng = np.random.default_rng(0)
    user = make_user(window(4, 4), 0, rng, UserRules(boxes=0.0, corrections=0.0))
    others = [sloppy(user, rng) for _ in range(300)]
    boxes = np.array([u.box for u in others if u.box])
    assert len(boxes) / 300 == pytest.approx(0.5, abs=0.1)
    assert (boxes - [8, 8, 40, 40]).std() / 32 == pytest.approx(0.1, abs=0.02)
    clicks = [u.clicks for u in others if not u.box]
    assert {len(c) for c in clicks} == {1}
    depths = np.array([min(c[0].x - 8, 40 - c[0].x, c[0].y - 8, 40 - c[0].y) for c in clicks])
    assert depths.min() < 3
    assert depths.max() > 11


def test_boxes_are_off_by_what_the_rules_say() -> None:
    rng = np.random.default_rng(0)
    for noise in (0.0, 0.05):
        users = [
            make_user(window(4, 4), 0, rng, UserRules(corrections=0, boxes=1.0, box_noise=noise)) for _ in range(200)
        ]
        assert (np.array([u.box for u in users]) - [8, 8, 40, 40]).std() / 32 == pytest.approx(noise, abs=0.006)


def later_clicks(rules: UserRules) -> np.ndarray:
    """Where 160 second clicks go on a square of 40 cells: distance to its border in cells."""
    truth = np.zeros((64, 64), bool)
    truth[12:52, 12:52] = True
    depths = []
    for seed in range(160):
        user = User(truth, truth & False, truth | True, rules, 0)
        rng = np.random.default_rng(seed)
        user.click(rng)
        user.click(rng)
        x, y = user.clicks[1].x / 2, user.clicks[1].y / 2
        depths.append(min(x - 12, 52 - x, y - 12, 52 - y))
    return np.array(depths)


def test_clicks_near_the_border_are_as_many_as_asked_for() -> None:
    deep = later_clicks(UserRules())
    assert deep.min() > 20 / 1.7 - 1
    mixed = later_clicks(UserRules(border=0.4))
    assert (mixed < 6).mean() == pytest.approx(0.4, abs=0.12)
    anywhere = later_clicks(UserRules(anywhere=1.0))
    assert (anywhere < 6).mean() == pytest.approx(1 - (28 / 40) ** 2, abs=0.12)
    moved = later_clicks(UserRules(jitter=12.0))
    assert moved.min() < 20 / 1.7 - 1
    assert (moved > 0).all()


@pytest.mark.parametrize("name", ["base", "large"])
def test_one_step_of_the_larger_models(name: str) -> None:
    cfg = replace(CONFIGS[name], users=UserRules(rounds_cap=1))
    run = Run(cfg, 0)
    before = {k: v.clone() for k, v in run.model.state_dict().items()}
    batch = [window(4, cfg.model.tokens)]
    result = interact(run.model, encoder(), batch, np.random.default_rng(0), cfg.users, CPU)
    assert torch.isfinite(result["loss"])
    run.update(result["loss"], 0.5)
    after = run.model.state_dict()
    still = [k for k, v in before.items() if torch.equal(v, after[k])]
    assert not [k for k in still if k.endswith("weight")]
    assert all(torch.isfinite(v).all() for v in after.values())
