#!/bin/sh
# Regenerates src/proto/*_pb.ts from proto/*.proto. Neither tool is a dependency of the project: npx fetches both,
# and buf wants Node >= 22. Keep protoc-gen-es at or below the version of @bufbuild/protobuf in package.json.
set -eu
cd "$(dirname "$0")/.."
npx --yes -p @bufbuild/buf@1.75.0 -p @bufbuild/protoc-gen-es@2.13.0 buf generate proto --template proto/buf.gen.yaml
