# The image of Youju: one for web, workers and scheduler, which differ by their command (deploy/compose.yaml).
#   docker build -t youju:0.1.0 .
# Where the build for CUDA is not wanted, name PyTorch's own index of CPU wheels (README, "The CPU build of
# torch"); that saves several GB:
#   docker build --build-arg TORCH_INDEX=ADDRESS -t youju:0.1.0 .
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

# libgomp1: the parallel loops of ONNX Runtime and OpenCV. libglib2.0-0: OpenCV, which reads scans.
RUN apt-get update \
 && apt-get install -y --no-install-recommends libgomp1 libglib2.0-0 \
 && rm -rf /var/lib/apt/lists/*

WORKDIR /app

# The packages first: a change of Youju alone leaves this layer as it is.
COPY requirements.txt requirements-ocr.txt requirements-milvus.txt ./
ARG TORCH_INDEX=""
RUN if [ -n "$TORCH_INDEX" ]; then pip install "$(grep '^torch==' requirements.txt)" --index-url "$TORCH_INDEX"; fi \
 && pip install -r requirements.txt \
 && pip install --no-deps -r requirements-ocr.txt \
 && pip install -r requirements-milvus.txt

COPY manage.py ./
COPY kb_site kb_site
COPY accounts accounts
COPY chat chat
COPY ingestion ingestion
COPY llm llm
COPY search search
COPY static static
COPY templates templates

# Nothing runs as root. /data belongs to one container; /shared to all that are given the same volume.
RUN useradd --uid 10001 --create-home youju \
 && mkdir -p /data /shared/files /shared/crawls \
 && chown -R youju:youju /data /shared
USER 10001
ENV DATA_DIR=/data \
    FILES_DIR=/shared/files \
    CRAWL_DIR=/shared/crawls \
    OMP_WAIT_POLICY=PASSIVE
VOLUME ["/data", "/shared"]
EXPOSE 8000

# Web by default. A question of 10,000 Chinese characters in an address is 90 KB: hence the larger event size.
CMD ["uvicorn", "kb_site.asgi:application", "--host", "0.0.0.0", "--port", "8000", \
     "--http", "h11", "--h11-max-incomplete-event-size", "262144", \
     "--no-access-log", "--log-level", "warning", "--lifespan", "off", "--timeout-graceful-shutdown", "10"]
