"""The vocabulary of a packed model as a SentencePiece model file, made once and kept."""

import os
import threading
from pathlib import Path

from search.embedding.packed_model import PackedModel

# XLM-RoBERTa, whose vocabulary it is, was trained with this normalisation.
_NORMALISATION = "nmt_nfkc"


def sentencepiece_model(model: PackedModel) -> bytes:
    """A serialised SentencePiece unigram model whose ids are those of ``model``."""
    from sentencepiece import SentencePieceNormalizer
    from sentencepiece.sentencepiece_model_pb2 import ModelProto  # type: ignore[attr-defined]

    proto = ModelProto()
    proto.ParseFromString(SentencePieceNormalizer(rule_name=_NORMALISATION).serialized_model_proto())
    special = model.specials
    trainer = proto.trainer_spec
    trainer.model_type = trainer.UNIGRAM
    trainer.bos_id, trainer.eos_id = special.begin, special.end
    trainer.pad_id, trainer.unk_id = special.pad, special.unknown
    kinds = ModelProto.SentencePiece
    control = {special.begin, special.end, special.pad}
    for number, (text, score) in enumerate(model.pieces()):
        piece = proto.pieces.add()
        piece.piece, piece.score = text, score
        if number == special.unknown:
            piece.type = kinds.UNKNOWN
        elif number in control or text == "<mask>":
            piece.type = kinds.CONTROL
    result: bytes = proto.SerializeToString()
    return result


def keep(model: PackedModel, path: Path) -> Path:
    """Writes the SentencePiece model to ``path`` unless it is there. Several processes may come at once:
    each writes the same bytes under a name of its own and moves them into place. Raises ``OSError``."""
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}.part")
    try:
        scratch.write_bytes(sentencepiece_model(model))
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
    return path
