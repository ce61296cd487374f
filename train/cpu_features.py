"""What the CPU computes natively, by private functions of torch (checked against torch 2.15)."""

import torch


def computes_bf16() -> bool:
    """Whether the CPU multiplies bfloat16 by itself: AVX-512 BF16, or AMX.

    torch.cpu.get_capabilities says so publicly, but torch 2.10, the oldest that is allowed, may not have it yet.
    """
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
