//! Flattens a translated component into a plan: see `docs/formats/component-plan.md`.

mod items;
mod types;

use crate::instances;
use crate::refuse::{self, unsupported};
use crate::writer::Writer;
use crate::{PlanStatus, Refusal};
use std::collections::HashMap;
use types::TypeTable;
use wasmtime_environ::component::*;
use wasmtime_environ::wasmparser::Validator;
use wasmtime_environ::{
    EntityIndex, ModuleInternedTypeIndex, ModuleTranslation, PrimaryMap, ScopeVec,
    StaticModuleIndex, Tunables, WasmValType,
};

pub const MAGIC: &[u8; 12] = b"theater-plan";
pub const VERSION: u32 = 1;

type Planned<T> = Result<T, Refusal>;
type Modules<'a> = PrimaryMap<StaticModuleIndex, ModuleTranslation<'a>>;

/// Validates `bytes` and returns the plan.
pub fn translate(bytes: &[u8]) -> Planned<Vec<u8>> {
    refuse::preamble(bytes)?;
    instances::check(bytes)?;
    Validator::new_with_features(refuse::features())
        .validate_all(bytes)
        .map_err(|error| refuse::explain(bytes, &error.to_string()))?;

    let mut tunables = Tunables::default_host();
    tunables.concurrency_support = false;
    let mut validator = Validator::new_with_features(refuse::features());
    let mut builder = ComponentTypesBuilder::new(&validator);
    let scope = ScopeVec::new();
    let (translation, modules) = Translator::new(&tunables, &mut validator, &mut builder, &scope)
        .translate(bytes)
        .map_err(|error| {
            Refusal::new(
                PlanStatus::Unsupported,
                format!("the component cannot be translated: {error:#}").replace('\n', " "),
            )
        })?;
    let resource_tables = builder.num_resource_tables() as u32;
    let (types, _) = builder.finish(&translation.component);
    let mut planner = Planner::new(&translation, &modules, &types)?;
    planner.resource_tables = resource_tables;
    planner.write()
}

struct Planner<'a> {
    component: &'a Component,
    trampolines: &'a PrimaryMap<TrampolineIndex, Trampoline>,
    modules: &'a Modules<'a>,
    types: &'a ComponentTypes,
    table: TypeTable<'a>,
    imports: Vec<(String, TypeFuncIndex)>,
    /// Position in `imports` of each runtime import that is a function.
    import_of: HashMap<u32, u32>,
    /// The module each core instance is made from, in order of instantiation.
    instance_modules: Vec<StaticModuleIndex>,
    resource_tables: u32,
}

impl<'a> Planner<'a> {
    fn new(
        translation: &'a ComponentTranslation,
        modules: &'a Modules<'a>,
        types: &'a ComponentTypes,
    ) -> Planned<Planner<'a>> {
        let component = &translation.component;
        let mut planner = Planner {
            component,
            trampolines: &translation.trampolines,
            modules,
            types,
            table: TypeTable::new(types),
            imports: Vec::new(),
            import_of: HashMap::new(),
            instance_modules: Vec::new(),
            resource_tables: 0,
        };
        planner.collect_imports()?;
        for initializer in &component.initializers {
            if let GlobalInitializer::InstantiateModule(module, _) = initializer {
                match module {
                    InstantiateModule::Static(index, _) => planner.instance_modules.push(*index),
                    InstantiateModule::Import(..) => {
                        return Err(unsupported("imports a core module"));
                    }
                }
            }
        }
        Ok(planner)
    }

    /// Every imported function, used or not, in the component's order.
    fn collect_imports(&mut self) -> Planned<()> {
        let mut position = HashMap::new();
        for (_, (name, item)) in self.component.import_types.iter() {
            self.collect_import(name, &item.ty, &mut position)?;
        }
        for (runtime, (import, path)) in self.component.imports.iter() {
            let name = joined(&self.component.import_types[*import].0, path);
            if let Some(found) = position.get(&name) {
                self.import_of.insert(runtime.as_u32(), *found);
            }
        }
        Ok(())
    }

    fn collect_import(
        &mut self,
        name: &str,
        item: &TypeDef,
        position: &mut HashMap<String, u32>,
    ) -> Planned<()> {
        match item {
            TypeDef::ComponentFunc(function) => {
                position.insert(name.to_string(), self.imports.len() as u32);
                self.imports.push((name.to_string(), *function));
            }
            TypeDef::ComponentInstance(instance) => {
                for (field, inner) in &self.types[*instance].exports {
                    self.collect_import(&format!("{name}#{field}"), &inner.ty, position)?;
                }
            }
            TypeDef::Interface(_) | TypeDef::Resource(_) => {}
            TypeDef::Module(_) | TypeDef::CoreFunc(_) => {
                return Err(unsupported("imports a core module"));
            }
            TypeDef::Component(_) => return Err(unsupported("imports a component")),
        }
        Ok(())
    }

    fn write(mut self) -> Planned<Vec<u8>> {
        let mut functions = Writer::default();
        let mut function_of = HashMap::new();
        self.write_functions(&mut functions, &mut function_of)?;
        let mut plan = Writer::default();
        plan.bytes.extend_from_slice(MAGIC);
        plan.number(VERSION);
        self.write_counts(&mut plan);
        self.write_resources(&mut plan)?;
        self.table.write(&mut plan);
        plan.bytes.append(&mut functions.bytes);
        self.write_modules(&mut plan);
        self.write_options(&mut plan)?;
        self.write_trampolines(&mut plan, &function_of)?;
        self.write_initializers(&mut plan)?;
        self.write_imports(&mut plan, &function_of);
        self.write_exports(&mut plan, &function_of)?;
        self.write_code(&mut plan);
        Ok(plan.bytes)
    }

    /// The function types that imports, exports and lowerings use, each once.
    fn write_functions(
        &mut self,
        out: &mut Writer,
        function_of: &mut HashMap<TypeFuncIndex, u32>,
    ) -> Planned<()> {
        let mut used: Vec<TypeFuncIndex> = self.imports.iter().map(|(_, ty)| *ty).collect();
        for (_, trampoline) in self.trampolines.iter() {
            if let Trampoline::LowerImport { lower_ty, .. } = trampoline {
                used.push(*lower_ty);
            }
        }
        for (_, export) in self.component.export_items.iter() {
            if let Export::LiftedFunction { ty, .. } = export {
                used.push(*ty);
            }
        }
        let mut order = Vec::new();
        for ty in used {
            function_of.entry(ty).or_insert_with(|| {
                order.push(ty);
                order.len() as u32 - 1
            });
        }
        out.length(order.len());
        for ty in order {
            let function = &self.types[ty];
            let parameters = &self.types[function.params].types;
            out.length(parameters.len());
            for (name, parameter) in function.param_names.iter().zip(parameters.iter()) {
                out.text(name);
                out.number(self.table.index(parameter)?);
            }
            let results = &self.types[function.results].types;
            match results.len() {
                0 => out.maybe(None),
                1 => out.maybe(Some(self.table.index(&results[0])?)),
                _ => return Err(unsupported("has a function with several results")),
            }
        }
        Ok(())
    }

    fn write_counts(&self, out: &mut Writer) {
        out.number(self.component.num_runtime_component_instances);
        out.number(self.component.num_runtime_memories);
        out.number(self.component.num_runtime_reallocs);
        out.number(self.component.num_runtime_post_returns);
    }
}

/// "interface#function", or just the name of a root item.
fn joined(name: &str, path: &[String]) -> String {
    let mut full = name.to_string();
    for part in path {
        full.push('#');
        full.push_str(part);
    }
    full
}
