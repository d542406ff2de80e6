# A capstone's own files on the core: one small layer. Its steps, its endpoint and later retrainings use this image.
ARG PARENT
FROM $PARENT AS code
USER root
COPY . /tmp/code/
RUN python -m compileall -q --invalidation-mode unchecked-hash -s /tmp/code -p /opt/capstan /tmp/code

FROM $PARENT
ARG IMAGE
ARG COMMIT
LABEL org.opencontainers.image.revision=$COMMIT
COPY --from=code /tmp/code /opt/capstan
ENV CAPSTAN_IMAGE=$IMAGE CAPSTAN_GIT_COMMIT=$COMMIT
