// The section of probe points, as the linker delimits it.
#include "base/probe.h"

extern "C" {
extern const theater::ProbePoint __start_theater_probes [[gnu::weak]];
extern const theater::ProbePoint __stop_theater_probes [[gnu::weak]];
}

namespace theater {

std::span<const ProbePoint> probes() { return {&__start_theater_probes, &__stop_theater_probes}; }

}  // namespace theater
