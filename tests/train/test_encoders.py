"""The table of encoders that the app shows, against the models themselves."""

import pytest
import segmentation_models_pytorch as smp
import timm

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.encoders import encoders, find_encoder, matching
from bddseg_tui.core.runs.timm_weights import tagged_weights, untagged
from bddseg_tui.train.encoders import count, names
from bddseg_tui.train.model import make_model
from bddseg_tui.train.normalise import IMAGENET, statistics


@pytest.mark.parametrize(
    "name", ["resnet34", "mit_b0", "efficientnet-b0", "tu-tf_efficientnet_lite0", "tu-regnetx_002"]
)
def test_the_table_holds_what_is_counted(name: str) -> None:
    assert count(name) == find_encoder(name)


def test_a_unet_on_resnet34_costs_what_is_published_of_it() -> None:
    found = find_encoder("resnet34")
    assert found is not None
    assert found.parameters == sum(
        p.numel() for p in smp.Unet("resnet34", encoder_weights=None, classes=20).parameters()
    )
    # torchvision gives ResNet34 3.66 G multiply-adds at 224 x 224; the decoder adds its own.
    assert 3.66 < found.giga_multiplications(224, 224) < 2 * 3.66
    assert found.giga_multiplications(448, 224) == pytest.approx(2 * found.giga_multiplications(224, 224))


def test_every_encoder_in_the_table_exists() -> None:
    known = set(names())
    assert {e.name for e in encoders()} <= known
    assert {n for n in smp.encoders.get_encoder_names() if find_encoder(n) is None} == set()


def test_an_encoder_that_no_unet_can_be_made_of_is_refused_in_one_line() -> None:
    with pytest.raises(BddsegError, match="no U-Net can be made of 'tu-vit_tiny_patch16_224'") as refused:
        count("tu-vit_tiny_patch16_224")
    assert "\n" not in str(refused.value)


def test_words_narrow_the_list() -> None:
    assert [e.name for e in matching("tf lite0")] == ["timm-tf_efficientnet_lite0", "tu-tf_efficientnet_lite0"]
    assert matching("no such encoder") == []


def test_the_tags_that_are_listed_are_those_of_timm() -> None:
    for name in ("resnet34", "convnext_tiny", "tf_efficientnet_lite0"):
        listed = [w.encoder for w in tagged_weights(f"tu-{name}")]
        assert sorted(listed) == sorted(f"tu-{t}" for t in timm.list_pretrained(f"{name}.*"))
        chosen = timm.get_pretrained_cfg(name)
        assert chosen is not None and listed[0] == f"tu-{name}.{chosen.tag}"
    (best,) = [w for w in tagged_weights("tu-resnet34") if w.tag == "ra4_e3600_r224_in1k"]
    assert (best.top1, best.size) == (78.972, 288)


def test_an_encoder_with_a_tag_costs_what_it_does_without_and_is_normalised_as_its_weights_were() -> None:
    name = "tu-resnet34.ra4_e3600_r224_in1k"
    assert find_encoder(name) == find_encoder("tu-resnet34") and untagged(name) == "tu-resnet34"
    assert [e.name for e in matching("resnet34.ra4")] == ["tu-resnet34"]
    assert statistics(name) == ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    assert statistics("tu-resnet34.tv_in1k") == statistics("tu-resnet34") == IMAGENET
    settings = ["encoder_weights=none", f"encoder={name}"]
    model = make_model(build_config(None, settings))
    assert sum(p.numel() for p in model.parameters()) == find_encoder(name).parameters  # type: ignore[union-attr]
    with pytest.raises(BddsegError, match="nonsense"):
        make_model(build_config(None, [*settings, "encoder=tu-resnet34.nonsense"]))
