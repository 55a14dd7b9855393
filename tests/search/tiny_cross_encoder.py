"""A cross-encoder of a few kilobytes that the tests make and save themselves; its weights are random."""

from pathlib import Path

TEXTS = [
    "The lighthouse was built in 1897. How high is the lighthouse? The keeper lights the lamp at dusk.",
    "灯塔建于一八九七年。它高四十二米。灯塔有多高？",
]


def save(folder: Path, outputs: int = 1) -> Path:
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    made = Tokenizer(models.BPE(unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.ByteLevel()
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=specials, initial_alphabet=alphabet, show_progress=False
    )
    made.train_from_iterator(TEXTS, trainer)
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    words = PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        model_max_length=64,
    )  # fmt: skip
    config = BertConfig(
        vocab_size=len(words), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, max_position_embeddings=64, num_labels=outputs,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(7)
        model = BertForSequenceClassification(config)
        for weights in model.parameters():
            torch.nn.init.normal_(weights, std=0.3) if weights.dim() > 1 else None
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    return folder
