#!/bin/sh
# build.sh VERSION [FLAGS]: builds the image crmock:VERSION, which is crmock:latest as well, by docker, podman or buildah: the
# first of them that works here, or IMAGE_TOOL. A docker without its daemon does not work.
set -eu
version=$1
shift
cd "$(dirname "$0")/../.."
for tool in ${IMAGE_TOOL:-docker podman buildah} ''; do
    [ -z "$tool" ] || ! "$tool" version >/dev/null 2>&1 || break
done
case $tool in
'') echo "make image: docker with its daemon, podman or buildah is needed (Debian: buildah)" >&2; exit 1 ;;
docker) export DOCKER_BUILDKIT=1 ;;
*) set -- --layers --format docker --ignorefile docker/Dockerfile.dockerignore "$@" ;; # the other format has no health check
esac
"$tool" build -f docker/Dockerfile --label "org.opencontainers.image.version=$version" \
    --label org.opencontainers.image.licenses=Apache-2.0 -t "crmock:$version" -t crmock:latest "$@" .
echo "crmock:$version built by $tool"
