;; A guest that does what its events tell it: each byte of an event's payload is one command.
;;   e  probe#effect(event id, "effect")      o  probe#may(event id): an effect if the host says ok
;;   r  probe#read, appended to the state     m  probe#mint
;;   d  probe#deny                            w  probe#wait, appended to the state
;;   +  appends "+" to the state              x  returns err("asked to fail")
;;   t  traps                                 l  loops for ever
;;   c  appends the calls since activation    0  empties the state
;;   h  probe#trap                            B  doubles the state
(component
  (import "theater:test/probe@0.1.0" (instance $probe
    (export "effect" (func (param "id" u64) (param "data" (list u8))))
    (export "may" (func (param "id" u64) (result (result (error string)))))
    (export "read" (func (result u64)))
    (export "mint" (func (result (result u64 (error string)))))
    (export "deny" (func (result (result (error string)))))
    (export "wait" (func (result u64)))
    (export "trap" (func))))
  (alias export $probe "effect" (func $effect_import))
  (alias export $probe "may" (func $may_import))
  (alias export $probe "read" (func $read_import))
  (alias export $probe "mint" (func $mint_import))
  (alias export $probe "deny" (func $deny_import))
  (alias export $probe "wait" (func $wait_import))
  (alias export $probe "trap" (func $trap_import))
  (core module $memory_module
    (memory (export "memory") 2)
    (global $next (mut i32) (i32.const 4096))
    (func (export "reset") (global.set $next (i32.const 4096)))
    (func (export "realloc") (param $old i32) (param $old_size i32) (param $align i32)
        (param $size i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get $size)))
      (block $enough
        (loop $grow
          (br_if $enough (i32.le_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))))
          (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then (unreachable)))
          (br $grow)))
      (memory.copy (local.get $at) (local.get $old) (local.get $old_size))
      (local.get $at)))
  (core instance $memory (instantiate $memory_module))
  (alias core export $memory "memory" (core memory $bytes))
  (alias core export $memory "realloc" (core func $realloc))
  (core func $effect (canon lower (func $effect_import)
    (memory $bytes) (realloc $realloc)))
  (core func $may (canon lower (func $may_import)
    (memory $bytes) (realloc $realloc)))
  (core func $read (canon lower (func $read_import)))
  (core func $mint (canon lower (func $mint_import)
    (memory $bytes) (realloc $realloc)))
  (core func $deny (canon lower (func $deny_import)
    (memory $bytes) (realloc $realloc)))
  (core func $wait (canon lower (func $wait_import)))
  (core func $trap (canon lower (func $trap_import)))
  (core module $guest_module
    (import "memory" "memory" (memory 2))
    (import "memory" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
    (import "memory" "reset" (func $reset))
    (import "probe" "effect" (func $effect (param i64 i32 i32)))
    (import "probe" "may" (func $may (param i64 i32)))
    (import "probe" "read" (func $read (result i64)))
    (import "probe" "mint" (func $mint (param i32)))
    (import "probe" "deny" (func $deny (param i32)))
    (import "probe" "wait" (func $wait (result i64)))
    (import "probe" "trap" (func $trap))
    (data (i32.const 1024) "effect")
    (data (i32.const 1040) "asked to fail")
    (global $calls (mut i32) (i32.const 0))
    (global $state (mut i32) (i32.const 0))
    (global $length (mut i32) (i32.const 0))
    ;; The result area is at 16: discriminant, then pointer and length at 20 and 24.
    (func $ok (result i32)
      (i32.store8 (i32.const 16) (i32.const 0))
      (i32.store (i32.const 20) (global.get $state))
      (i32.store (i32.const 24) (global.get $length))
      (i32.const 16))
    (func $push (param $byte i32)
      (local $at i32)
      (local.set $at (call $realloc (global.get $state) (global.get $length) (i32.const 1)
        (i32.add (global.get $length) (i32.const 1))))
      (i32.store8 (i32.add (local.get $at) (global.get $length)) (local.get $byte))
      (global.set $state (local.get $at))
      (global.set $length (i32.add (global.get $length) (i32.const 1))))
    (func $double
      (local $at i32)
      (local.set $at (call $realloc (global.get $state) (global.get $length) (i32.const 1)
        (i32.mul (global.get $length) (i32.const 2))))
      (memory.copy (i32.add (local.get $at) (global.get $length)) (local.get $at)
        (global.get $length))
      (global.set $state (local.get $at))
      (global.set $length (i32.mul (global.get $length) (i32.const 2))))
    (func (export "init") (param $params i32) (param $size i32) (result i32)
      (global.set $state (local.get $params))
      (global.set $length (local.get $size))
      (if (i32.and (i32.eq (local.get $size) (i32.const 1))
                   (i32.eq (i32.load8_u (local.get $params)) (i32.const 33)))
        (then (unreachable)))
      (call $ok))
    (func (export "handle") (param $old i32) (param $old_size i32) (param $events i32)
        (param $count i32) (result i32)
      (local $at i32) (local $end i32) (local $op i32)
      (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
      (global.set $state (local.get $old))
      (global.set $length (local.get $old_size))
      (block $done
        (loop $event
          (br_if $done (i32.eqz (local.get $count)))
          (local.set $at (i32.load (i32.add (local.get $events) (i32.const 8))))
          (local.set $end (i32.add (local.get $at)
            (i32.load (i32.add (local.get $events) (i32.const 12)))))
          (block $event_done
            (loop $command
              (br_if $event_done (i32.eq (local.get $at) (local.get $end)))
              (local.set $op (i32.load8_u (local.get $at)))
              (if (i32.eq (local.get $op) (i32.const 0x65)) (then  ;; e
                (call $effect (i64.load (local.get $events)) (i32.const 1024) (i32.const 6))))
              (if (i32.eq (local.get $op) (i32.const 0x6f)) (then  ;; o
                (call $may (i64.load (local.get $events)) (i32.const 64))))
              (if (i32.eq (local.get $op) (i32.const 0x72)) (then  ;; r
                (call $push (i32.wrap_i64 (call $read)))))
              (if (i32.eq (local.get $op) (i32.const 0x6d)) (then  ;; m
                (call $mint (i32.const 64))))
              (if (i32.eq (local.get $op) (i32.const 0x64)) (then  ;; d
                (call $deny (i32.const 64))))
              (if (i32.eq (local.get $op) (i32.const 0x77)) (then  ;; w
                (call $push (i32.wrap_i64 (call $wait)))))
              (if (i32.eq (local.get $op) (i32.const 0x68)) (then (call $trap)))  ;; h
              (if (i32.eq (local.get $op) (i32.const 0x2b)) (then  ;; +
                (call $push (i32.const 0x2b))))
              (if (i32.eq (local.get $op) (i32.const 0x63)) (then  ;; c
                (call $push (i32.add (i32.const 0x30) (global.get $calls)))))
              (if (i32.eq (local.get $op) (i32.const 0x30)) (then  ;; 0
                (global.set $length (i32.const 0))))
              (if (i32.eq (local.get $op) (i32.const 0x42)) (then (call $double)))  ;; B
              (if (i32.eq (local.get $op) (i32.const 0x74)) (then (unreachable)))  ;; t
              (if (i32.eq (local.get $op) (i32.const 0x6c)) (then  ;; l
                (loop $for_ever (br $for_ever))))
              (if (i32.eq (local.get $op) (i32.const 0x78)) (then  ;; x
                (i32.store8 (i32.const 16) (i32.const 1))
                (i32.store (i32.const 20) (i32.const 1040))
                (i32.store (i32.const 24) (i32.const 13))
                (return (i32.const 16))))
              (local.set $at (i32.add (local.get $at) (i32.const 1)))
              (br $command)))
          (local.set $events (i32.add (local.get $events) (i32.const 16)))
          (local.set $count (i32.sub (local.get $count) (i32.const 1)))
          (br $event)))
      (call $ok))
    (func (export "post") (param i32) (call $reset)))
  (core instance $guest (instantiate $guest_module
    (with "memory" (instance $memory))
    (with "probe" (instance
      (export "effect" (func $effect))
      (export "may" (func $may))
      (export "read" (func $read))
      (export "mint" (func $mint))
      (export "deny" (func $deny))
      (export "wait" (func $wait))
      (export "trap" (func $trap))))))
  (alias core export $guest "init" (core func $guest_init))
  (alias core export $guest "handle" (core func $guest_handle))
  (alias core export $guest "post" (core func $post))
  (type $outcome (result (tuple (list u8)) (error string)))
  (func $init (param "params" (list u8)) (result $outcome)
    (canon lift (core func $guest_init) (memory $bytes)
      (realloc $realloc) (post-return $post)))
  (func $handle (param "state" (list u8)) (param "events" (list (tuple u64 (list u8))))
    (result $outcome)
    (canon lift (core func $guest_handle) (memory $bytes)
      (realloc $realloc) (post-return $post)))
  (instance $lifecycle (export "init" (func $init)))
  (instance $handler (export "handle-events" (func $handle)))
  (export "theater:actor/lifecycle@0.1.0" (instance $lifecycle))
  (export "theater:test/probe-handler@0.1.0" (instance $handler)))
