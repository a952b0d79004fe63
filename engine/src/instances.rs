//! How deep components nest and how many instances they make, before anything makes them.

use crate::refuse::unsupported;
use crate::Refusal;
use wasmtime_environ::wasmparser::{
    self, ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind,
    ComponentTypeRef, Encoding, Instance, Parser, Payload,
};

/// What reads components recurses into those within, and keeps what it knows of each.
const NESTING_MAX: usize = 100;
/// The translator makes each of them; the engine allows far fewer core instances.
const INSTANCES_MAX: u64 = 10_000;

/// A component whose end has not come yet.
#[derive(Default)]
struct Open {
    /// How many instances are made when each of the components it knows is instantiated; of one
    /// that it is given that is not known here.
    known: Vec<u64>,
    instances: u64,
}

/// What cannot be parsed is for the validator to explain.
pub fn check(bytes: &[u8]) -> Result<(), Refusal> {
    let mut open: Vec<Option<Open>> = Vec::new(); // None: a core module
    for payload in Parser::new(0).parse_all(bytes) {
        let Ok(payload) = payload else { return Ok(()) };
        match payload {
            Payload::Version { encoding, .. } => {
                open.push((encoding == Encoding::Component).then(Open::default));
            }
            Payload::End(_) => close(&mut open),
            _ if read(&payload, &mut open).is_err() => return Ok(()),
            _ => {}
        }
        if open.len() > NESTING_MAX + 1 {
            return Err(unsupported(&format!("nests components over {NESTING_MAX} deep")));
        }
        if open.iter().flatten().any(|one| one.instances > INSTANCES_MAX) {
            return Err(unsupported(&format!("makes over {INSTANCES_MAX} instances")));
        }
    }
    Ok(())
}

fn close(open: &mut Vec<Option<Open>>) {
    let ended = open.pop().flatten();
    if let (Some(ended), Some(Some(outer))) = (ended, open.last_mut()) {
        outer.known.push(ended.instances);
    }
}

fn read(payload: &Payload, open: &mut [Option<Open>]) -> wasmparser::Result<()> {
    match payload {
        Payload::InstanceSection(items) => {
            for item in items.clone() {
                if let Instance::Instantiate { .. } = item? {
                    add(open, 1);
                }
            }
        }
        Payload::ComponentInstanceSection(items) => {
            for item in items.clone() {
                if let ComponentInstance::Instantiate { component_index, .. } = item? {
                    let within = known(open, 0, component_index);
                    add(open, within.saturating_add(1));
                }
            }
        }
        Payload::ComponentAliasSection(items) => {
            for item in items.clone() {
                match item? {
                    ComponentAlias::Outer {
                        kind: ComponentOuterAliasKind::Component,
                        count,
                        index,
                    } => learn(open, known(open, count, index)),
                    ComponentAlias::InstanceExport {
                        kind: ComponentExternalKind::Component,
                        ..
                    } => learn(open, 0),
                    _ => {}
                }
            }
        }
        Payload::ComponentImportSection(items) => {
            for item in items.clone() {
                if let ComponentTypeRef::Component(_) = item?.ty {
                    learn(open, 0);
                }
            }
        }
        Payload::ComponentExportSection(items) => {
            for item in items.clone() {
                let item = item?;
                if item.kind == ComponentExternalKind::Component {
                    learn(open, known(open, 0, item.index));
                }
            }
        }
        _ => {}
    }
    Ok(())
}

fn known(open: &[Option<Open>], outwards: u32, index: u32) -> u64 {
    let place = open.len().checked_sub(1 + outwards as usize);
    let one = place.and_then(|place| open[place].as_ref());
    one.and_then(|one| one.known.get(index as usize)).copied().unwrap_or(0)
}

fn learn(open: &mut [Option<Open>], instances: u64) {
    if let Some(Some(one)) = open.last_mut() {
        one.known.push(instances);
    }
}

fn add(open: &mut [Option<Open>], instances: u64) {
    if let Some(Some(one)) = open.last_mut() {
        one.instances = one.instances.saturating_add(instances);
    }
}
