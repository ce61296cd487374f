"""The table of encoders that the app shows, against the models themselves."""

import pytest
import segmentation_models_pytorch as smp

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.runs.encoders import encoders, find_encoder, matching
from bddseg_tui.train.encoders import count, names


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
