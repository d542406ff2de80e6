# One family of libraries on another image: a layer of what this family adds.
# Docker and containerd store a layer once for each chain of layers below it. So the largest family, torch, comes first,
# on the base alone: every image with torch shares that one layer. A smaller one is stored again on each chain.
ARG PARENT
FROM $PARENT AS libraries
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
USER root
COPY uv.txt /tmp/
RUN python3 -m venv /opt/uv && /opt/uv/bin/pip install --quiet --disable-pip-version-check -r /tmp/uv.txt
COPY . /tmp/build/
RUN export UV_SYSTEM_CERTS=1 VIRTUAL_ENV=/opt/venv UV_LINK_MODE=copy \
    UV_INDEX="$PIP_EXTRA_INDEX_URL" ${PIP_INDEX_URL:+UV_DEFAULT_INDEX="$PIP_INDEX_URL"} \
  && touch /tmp/before && sleep 1 \
  && /opt/uv/bin/uv pip install --quiet --no-cache --compile-bytecode --find-links /tmp/build \
    --constraint /tmp/build/families.lock --excludes /tmp/build/excludes.txt -r /tmp/build/libraries.txt \
  && mkdir /tmp/added && cd /opt/venv \
  && find . \( -type f -o -type l \) -cnewer /tmp/before -not -path '*/statsmodels/*tests/*' -print0 \
    | xargs -0 --no-run-if-empty cp --parents --no-dereference --preserve=mode,timestamps --target-directory=/tmp/added

FROM $PARENT
COPY --from=libraries /tmp/added /opt/venv
