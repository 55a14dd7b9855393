"""Model folders of a few hundred kilobytes that the tests make and save themselves.

The weights are random, so what they write is no language; every step from the files to the text is real.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

TEXTS = [
    "The lighthouse was built in 1897. It is 42 metres high. How high is the lighthouse?",
    "Context: Question: Answer: the keeper lights the lamp at dusk and sleeps at dawn.",
    "灯塔建于一八九七年。它高四十二米。灯塔有多高？资料问题回答",
]
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "<|start|>{{ message['role'] }}\n{{ message['content'] }}<|end|>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|start|>assistant\n{% endif %}"
)
NO_SYSTEM_TEMPLATE = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    + CHAT_TEMPLATE
)
THINKING_TEMPLATE = CHAT_TEMPLATE.replace("assistant\n", "assistant\n<think>\n")


def tokenizer(specials: list[str], **named: Any) -> Any:
    """Byte-level BPE as BLOOM's, learned from ``TEXTS``: any text can be encoded and comes back whole."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=specials,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(TEXTS, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=made, clean_up_tokenization_spaces=False, **named)


def save_bloom(folder: Path, **changes: Any) -> Path:
    """A base model: no chat template, no bound on its context in the configuration."""
    from transformers import BloomConfig, BloomForCausalLM

    specials = {"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>"}
    words = tokenizer(list(specials.values()), **specials)
    config = BloomConfig(
        vocab_size=len(words), hidden_size=32, n_layer=2, n_head=4,
        bos_token_id=1, eos_token_id=2, pad_token_id=3,
    )  # fmt: skip
    return _saved(folder, lambda: BloomForCausalLM(config), words, **changes)


def save_llama(folder: Path, template: str = CHAT_TEMPLATE, **changes: Any) -> Path:
    """A chat model of 2,048 tokens with an end token of its own for each message."""
    from transformers import LlamaConfig, LlamaForCausalLM

    words = tokenizer(
        ["<unk>", "<|start|>", "<|end|>"], unk_token="<unk>", eos_token="<|end|>",
        additional_special_tokens=["<|start|>"],
    )  # fmt: skip
    words.chat_template = template
    config = LlamaConfig(
        vocab_size=len(words), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=2048,
        bos_token_id=1, eos_token_id=2,
    )  # fmt: skip
    return _saved(folder, lambda: LlamaForCausalLM(config), words, **changes)


def _saved(
    folder: Path, make: Callable[[], Any], words: Any, *, seed: int = 0, never_ends: bool = True
) -> Path:
    """``never_ends`` makes the end token impossible, so that an answer is as long as it may be."""
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = make()
        # Random weights at the usual scale write one token over and over; larger ones vary.
        for weights in model.parameters():
            torch.nn.init.normal_(weights, std=0.3) if weights.dim() > 1 else None
    if never_ends:
        model.generation_config.eos_token_id = None
        model.generation_config.suppress_tokens = [words.eos_token_id]
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    return folder
