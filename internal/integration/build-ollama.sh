#!/usr/bin/env bash
# Builds an Ollama server from its Go module, without GPU libraries: build-ollama.sh [directory], by default ./bin.
#
# It takes about ten minutes of processor time once; Go's build cache keeps the result. Needed are Go, a C++ compiler and two packages of
# headers, on Debian and Ubuntu:
#
#     apt-get install g++ nlohmann-json3-dev libstb-dev
set -euo pipefail
ollama=github.com/ollama/ollama@v0.17.4
malgo=github.com/gen2brain/malgo@v0.11.24
mkdir -p "${1:-bin}"
cd "${1:-bin}"

# A Go module holds no directory named vendor, which is where Ollama keeps three headers of others: JSON for C++ and stb_image come from the
# packages above, miniaudio from a Go module that brings it along. The flags name a lasting directory, for the build cache keeps them in mind.
header=$(cd / && go mod download -json "$malgo" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')/miniaudio.h
test -r "$header"
mkdir -p include/miniaudio
ln -sf "$header" include/miniaudio/miniaudio.h

CGO_ENABLED=1 CGO_CPPFLAGS="-I$PWD/include" GOBIN="$PWD" go install -ldflags='-s -w' "$ollama"
echo "OLLAMA_BIN=$PWD/ollama"
