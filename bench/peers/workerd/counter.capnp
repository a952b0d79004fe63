# workerd with one Durable Object that counts, its storage on disk. bench_peers.py starts it with the
# socket's address and the storage's folder.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "counter", worker = .counter),
    (name = "storage", disk = (path = "/", writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "counter")],
);

const counter :Workerd.Worker = (
  modules = [(name = "counter.js", esModule = embed "counter.js")],
  compatibilityDate = "2025-09-01",
  durableObjectNamespaces = [
    (className = "Counter", uniqueKey = "theater-bench-counter", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "storage"),
  bindings = [(name = "COUNTER", durableObjectNamespace = "Counter")],
);
