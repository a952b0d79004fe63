// AllHosts: a family is a folder beside this file and a line below.
#include "hosts/all_hosts.h"

#include "hosts/database/family.h"
#include "hosts/environment/family.h"
#include "hosts/file_watch/family.h"
#include "hosts/filesystem/family.h"
#include "hosts/http_client/family.h"
#include "hosts/http_server/family.h"
#include "hosts/listener/address.h"
#include "hosts/operation/family.h"
#include "hosts/process/family.h"
#include "hosts/random/family.h"
#include "hosts/redis/family.h"
#include "hosts/runtime/family.h"
#include "hosts/tcp/family.h"
#include "hosts/terminal/family.h"
#include "hosts/timer/family.h"
#include "hosts/websocket_client/family.h"
#include "hosts/websocket_server/family.h"

namespace theater::hosts {

AllHosts::AllHosts(const io::Environment& environment, const std::string& terminal_keeper)
    : addresses_(std::make_unique<listener::AddressBook>()) {
  families_.push_back(runtime::make_family());
  families_.push_back(timer::make_family());
  families_.push_back(websocket_server::make_family(*addresses_));
  families_.push_back(random::make_family());
  families_.push_back(environment::make_family(environment));
  families_.push_back(operation::make_family());
  families_.push_back(file_watch::make_family());
  families_.push_back(filesystem::make_family());
  families_.push_back(http_server::make_family(*addresses_));
  families_.push_back(database::make_family(environment));
  families_.push_back(process::make_family());
  families_.push_back(terminal::make_family({terminal_keeper, environment}));
  families_.push_back(websocket_client::make_family());
  families_.push_back(http_client::make_family());
  families_.push_back(redis::make_family());
  families_.push_back(tcp::make_family());
  for (const auto& family : families_) infos_.push_back(&family->info());
}

AllHosts::~AllHosts() = default;

Status ShardFamilies::check_grant(std::size_t family, const actor::Setting& grant) const {
  return hosts_.families()[family]->check_grant(grant);
}

Result<std::unique_ptr<actor::FamilyInstance>> ShardFamilies::create(
    std::size_t family, const actor::Setting& grant, actor::ActorPort& actor) const {
  const host::Family& made = *hosts_.families()[family];
  const host::Context context{services_, actor};
  return watchdog_ ? watchdog_->create(made, grant, context) : made.create(grant, context);
}

}  // namespace theater::hosts
