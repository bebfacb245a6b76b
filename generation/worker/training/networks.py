"""The networks of the mini model, in SDXL's form and about a six-hundredth of its size."""

from __future__ import annotations

from diffusers import EulerDiscreteScheduler, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from generation.worker.training.scenes import SIDE

WIDTH_1, WIDTH_2 = 64, 96
"""Width of the first and the second text encoder; the base sees both side by side."""

SIZE_IDS, SCORE_IDS = 6, 5
"""Numbers that the base (sizes, crop) and the refiner (size, crop, aesthetic score) are told."""

_ID_WIDTH = 16


def new_text_encoders(
    tokenizer: CLIPTokenizer, tokenizer_2: CLIPTokenizer
) -> tuple[CLIPTextModel, CLIPTextModelWithProjection]:
    """Make both encoders; the UNet reads the layer before their last, as SDXL does."""
    return (
        CLIPTextModel(_text_config(tokenizer, WIDTH_1, layers=2)),
        CLIPTextModelWithProjection(_text_config(tokenizer_2, WIDTH_2, layers=3)),
    )


def _text_config(tokenizer: CLIPTokenizer, width: int, layers: int) -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=width * 3,
        num_hidden_layers=layers,
        num_attention_heads=width // 16,
        max_position_embeddings=tokenizer.model_max_length,
        projection_dim=width,
        hidden_act="gelu",
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


def new_base_unet() -> UNet2DConditionModel:
    """Make the base: 4.2 million weights."""
    return _unet((48, 80, 112), (3, 5, 7), WIDTH_1 + WIDTH_2, SIZE_IDS)


def new_refiner_unet() -> UNet2DConditionModel:
    """Make the refiner: 1.5 million weights, and it reads the second encoder alone."""
    return _unet((32, 48, 64), (2, 3, 4), WIDTH_2, SCORE_IDS)


def _unet(
    channels: tuple[int, int, int], heads: tuple[int, int, int], text_width: int, ids: int
) -> UNet2DConditionModel:
    return UNet2DConditionModel(
        sample_size=SIDE // 8,
        in_channels=4,
        out_channels=4,
        block_out_channels=channels,
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        transformer_layers_per_block=(1, 1, 1),
        attention_head_dim=heads,
        cross_attention_dim=text_width,
        use_linear_projection=True,
        norm_num_groups=8,
        addition_embed_type="text_time",
        addition_time_embed_dim=_ID_WIDTH,
        projection_class_embeddings_input_dim=WIDTH_2 + ids * _ID_WIDTH,
    )


def new_scheduler() -> EulerDiscreteScheduler:
    """Follow SDXL's schedule; without `clip_sample: false` on file DDIM would clip latents."""
    scheduler = EulerDiscreteScheduler(
        num_train_timesteps=1000,
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="epsilon",
        timestep_spacing="leading",
        steps_offset=1,
        interpolation_type="linear",
        use_karras_sigmas=False,
    )
    scheduler.register_to_config(
        clip_sample=False, set_alpha_to_one=False, skip_prk_steps=True, sample_max_value=1.0
    )
    return scheduler
