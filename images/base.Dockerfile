# Below every other image: Python, the system's packages and the core's libraries.
# One stage: to copy the libraries from another would write them a second time. Their installer and its files are gone
# before their layer ends. It needs no BuildKit.
FROM python:3.11-slim-bookworm
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends libgomp1 >/dev/null \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --uid 10001 --user-group --home-dir /var/lib/capstan --create-home capstan
WORKDIR /opt/capstan
COPY . /opt/build/
# The checkout is not here yet: an empty package stands in for it, so that its metadata and its command get installed.
RUN python -m venv /opt/uv && /opt/uv/bin/pip install --quiet --disable-pip-version-check -r /opt/build/uv.txt \
  && /opt/uv/bin/uv venv --quiet --python "$(command -v python3)" /opt/venv \
  && export UV_SYSTEM_CERTS=1 VIRTUAL_ENV=/opt/venv UV_LINK_MODE=copy \
    UV_INDEX="$PIP_EXTRA_INDEX_URL" ${PIP_INDEX_URL:+UV_DEFAULT_INDEX="$PIP_INDEX_URL"} \
  && /opt/uv/bin/uv pip install --quiet --no-cache --compile-bytecode --find-links /opt/build \
    --constraint /opt/build/families.lock -r /opt/build/libraries.txt \
  && cp /opt/build/pyproject.toml . && mkdir capstan && touch README.md capstan/__init__.py \
  && /opt/uv/bin/uv pip install --quiet --no-cache --no-deps --editable . \
  && rm -rf /opt/uv /root/.cache /opt/capstan/* \
  && cd /opt/venv/lib/python3.11/site-packages \
  && rm -rf numpy/*/tests numpy/tests pandas/tests pyarrow/tests pyarrow/include \
  && find scipy sklearn statsmodels -type d -name tests -prune -exec rm -rf {} +
# The root file system is read-only in a pod: what is written goes to the two folders that are volumes there.
ENV PATH=/opt/venv/bin:$PATH \
  HOME=/var/lib/capstan \
  CAPSTAN_HOME=/var/lib/capstan \
  XDG_CACHE_HOME=/tmp/cache \
  MPLCONFIGDIR=/tmp/matplotlib \
  NUMBA_CACHE_DIR=/tmp/numba \
  GIT_PYTHON_REFRESH=quiet \
  PYTHONUNBUFFERED=1 \
  PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
