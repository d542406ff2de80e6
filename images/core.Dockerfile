# Our packages without the capstones, on an image with libraries. Compiled files need no check: nothing here changes.
ARG PARENT
FROM $PARENT AS code
USER root
COPY . /tmp/code/
RUN python -m compileall -q --invalidation-mode unchecked-hash -s /tmp/code -p /opt/capstan /tmp/code

FROM $PARENT
COPY --from=code /tmp/code /opt/capstan
ARG COMMIT
LABEL org.opencontainers.image.revision=$COMMIT
ENV CAPSTAN_GIT_COMMIT=$COMMIT
