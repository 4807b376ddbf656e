//! Finds scenario files and reads them with the files they name and their snapshots.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use kro_diagnostic::source::{Document, FileId, Sources};
use kro_diagnostic::{Diagnostic, Severity, codes};
use kro_object::Object;
use kro_sim::scenario::{self, Scenario};

use crate::output::Advice;
use crate::project::{files_at, read_text};

/// How the names of scenario files end.
const ENDINGS: [&str; 2] = [".test.yaml", ".test.yml"];

/// Everything that is to be played.
#[derive(Debug, Default)]
pub(super) struct Suite {
    pub(super) sources: Sources,
    pub(super) cases: Vec<Case>,
    pub(super) problems: Vec<Problem>,
}

/// One scenario with all it needs.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) file: PathBuf,
    pub(super) document: Document,
    pub(super) scenario: Scenario,
    /// Objects of the files it names.
    pub(super) files: BTreeMap<String, Vec<Object>>,
    /// Where these files are.
    pub(super) paths: Vec<PathBuf>,
    /// Its snapshots by name, as far as there are any.
    pub(super) snapshots: BTreeMap<String, String>,
}

/// What is wrong with a file.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) file: FileId,
    pub(super) document: Option<Document>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl Suite {
    /// Reads everything below some paths.
    pub(super) fn load(paths: &[PathBuf], only: &str) -> anyhow::Result<Self> {
        let mut files = Vec::new();
        for path in paths {
            let found = files_at(path, &["yaml", "yml"])?;
            files.extend(found.into_iter().filter(|file| !path.is_dir() || is_scenario_file(file)));
        }
        let mut suite = Self::default();
        for file in &files {
            suite.read(file, only)?;
        }
        if suite.cases.is_empty() && suite.problems.is_empty() {
            let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
            let what = if only.is_empty() { "no scenario" } else { "no scenario of that name" };
            return Err(Advice::new(
                format!("{what} in {}", paths.join(", ")),
                "scenarios are in files whose names end with `.test.yaml`; docs/guide/test-definitions.md shows some",
            )
            .into());
        }
        Ok(suite)
    }

    fn read(&mut self, file: &Path, only: &str) -> anyhow::Result<()> {
        let id = self.sources.add(&file.display().to_string(), read_text(file)?);
        let read = self.sources.documents(id);
        if !read.diagnostics.is_empty() {
            self.problems.push(Problem { file: id, document: None, diagnostics: read.diagnostics });
        }
        for document in read.value.unwrap_or_default() {
            let value = document.to_value();
            if value.is_null() {
                continue;
            }
            let mut found = Vec::new();
            let scenario = scenario::read(&value).take(&mut found);
            let mut case = scenario.map(|scenario| Case {
                file: file.to_path_buf(),
                document: document.clone(),
                scenario,
                files: BTreeMap::new(),
                paths: Vec::new(),
                snapshots: BTreeMap::new(),
            });
            if let Some(case) = &mut case {
                case.read_files(&mut found);
                case.read_snapshots()?;
            }
            if found.iter().any(|finding| finding.severity == Severity::Error) {
                self.problems.push(Problem { file: id, document: Some(document), diagnostics: found });
            } else if let Some(case) = case.filter(|case| case.scenario.name.contains(only)) {
                self.cases.push(case);
            }
        }
        Ok(())
    }
}

impl Case {
    fn read_files(&mut self, found: &mut Vec<Diagnostic>) {
        let folder = self.file.parent().unwrap_or(Path::new("."));
        for (name, place) in self.scenario.files() {
            let path = folder.join(name);
            match objects(&path) {
                Ok(objects) => {
                    self.files.insert(name.to_owned(), objects);
                    self.paths.push(path);
                }
                Err(error) => found.push(
                    Diagnostic::error(codes::SCENARIO_FILE, place.clone().into(), format!("{error:#}"))
                        .with_help("names are relative to the file with the scenario"),
                ),
            }
        }
    }

    fn read_snapshots(&mut self) -> anyhow::Result<()> {
        for name in self.scenario.snapshots() {
            let path = self.snapshot_path(name);
            if path.exists() {
                self.snapshots.insert(name.to_owned(), read_text(&path)?);
            }
        }
        Ok(())
    }

    /// Where a snapshot is kept: `web.test.yaml` and `ready` give `web.test.ready.snap`.
    pub(super) fn snapshot_path(&self, name: &str) -> PathBuf {
        self.file.with_extension(format!("{name}.snap"))
    }
}

fn is_scenario_file(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// The objects of a file, the items of a `List` among them, or of all files of a folder that are no scenarios.
pub(crate) fn objects(path: &Path) -> anyhow::Result<Vec<Object>> {
    let mut all = Vec::new();
    for file in files_at(path, &["yaml", "yml", "json"])? {
        if path.is_dir() && is_scenario_file(&file) {
            continue;
        }
        let mut sources = Sources::default();
        let id = sources.add(&file.display().to_string(), read_text(&file)?);
        let documents = sources.documents(id).into_result().map_err(|found| {
            let first = found.first().map(ToString::to_string).unwrap_or_default();
            anyhow::anyhow!("{} cannot be read: {first}", file.display())
        })?;
        let documents = documents.into_iter().flat_map(kro_ide::objects);
        for value in documents.map(|document| document.to_value()).filter(|value| !value.is_null()) {
            let object = Object::from_value(value);
            all.push(object.with_context(|| format!("{} holds no manifest", file.display()))?);
        }
    }
    Ok(all)
}
