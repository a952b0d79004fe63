// load_component_bytes: the component a manifest names, checked against its pin.
#include "actor/limits.h"
#include "actor/manifest.h"
#include "chain/hash.h"

namespace theater::actor {

Result<Bytes> load_component_bytes(io::FileSystem& files, const Manifest& manifest) {
  Result<Bytes> bytes = io::read_file(files, manifest.component_path, kComponentBytesMax);
  if (!bytes) {
    return fail(bytes.error().code,
                "{}: cannot read its component: {}; correct `component`, or build it first",
                manifest.file, bytes.error().message);
  }
  if (manifest.component_digest) {
    const Digest digest = chain::sha256(*bytes);
    if (digest != *manifest.component_digest) {
      return fail(Code::kConflict, "{}: component {} has sha256 {}, the manifest pins {}",
                  manifest.file, manifest.component_path, digest.hex(),
                  manifest.component_digest->hex());
    }
  }
  return bytes;
}

}  // namespace theater::actor
