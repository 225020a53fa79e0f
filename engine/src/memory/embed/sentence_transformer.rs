//! A sentence transformer of the BERT family, read from a local folder as the `sentence-transformers`
//! library saves it: `config.json`, `model.safetensors`, `tokenizer.json`, and how the vectors of the
//! words become one (`1_Pooling/config.json`).
//!
//! It refuses what it would compute wrongly: another architecture, another pooling. Nothing is
//! downloaded.

use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokenizers::{Tokenizer, TruncationParams};

use super::Embedder;
use crate::domain::embedding::Embedding;

/// What the first version of the library cut texts to, where the folder does not say.
const DEFAULT_WINDOW: usize = 256;

/// The folder does not hold a model that can be used.
#[derive(Debug, thiserror::Error)]
pub enum TransformerError {
    /// A file is missing or cannot be read.
    #[error(
        "{} cannot be read ({source}); `memory.model_folder` must be the folder of a sentence transformer with config.json, model.safetensors and tokenizer.json",
        path.display()
    )]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file does not say what is needed.
    #[error(
        "{}: {detail}; use a model of the BERT family with mean or first-token pooling, e.g. all-MiniLM-L6-v2, or set memory.embedder = \"static\"",
        path.display()
    )]
    Unfit {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
}

/// How the words' vectors become the text's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pooling {
    Mean,
    FirstToken,
}

#[derive(Deserialize)]
struct PoolingFile {
    #[serde(default)]
    pooling_mode_cls_token: bool,
    #[serde(default)]
    pooling_mode_mean_tokens: bool,
}

#[derive(Deserialize)]
struct WindowFile {
    max_seq_length: Option<usize>,
}

#[derive(Deserialize)]
struct Kind {
    model_type: Option<String>,
}

/// A model that was read.
pub struct SentenceTransformer {
    name: String,
    dimensions: usize,
    model: BertModel,
    tokenizer: Tokenizer,
    pooling: Pooling,
}

impl std::fmt::Debug for SentenceTransformer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SentenceTransformer")
            .field("name", &self.name)
            .field("dimensions", &self.dimensions)
            .finish_non_exhaustive()
    }
}

impl SentenceTransformer {
    /// Reads the folder and computes one vector, so that a model that cannot be used is known now.
    ///
    /// # Errors
    /// [`TransformerError`] names the file and what is wrong with it.
    pub fn read(folder: &Path) -> Result<Self, TransformerError> {
        let config_path = folder.join("config.json");
        let kind: Kind = json(&config_path)?;
        if kind
            .model_type
            .as_deref()
            .is_some_and(|kind| kind != "bert")
        {
            let kind = kind.model_type.unwrap_or_default();
            return Err(unfit(
                &config_path,
                format!("the model is of type {kind:?}, not \"bert\""),
            ));
        }
        let config: Config = json(&config_path)?;
        let pooling = pooling(&folder.join("1_Pooling/config.json"))?;
        let window_path = folder.join("sentence_bert_config.json");
        let window = match window_path.exists() {
            true => json::<WindowFile>(&window_path)?.max_seq_length,
            false => None,
        };
        let window = window
            .unwrap_or(DEFAULT_WINDOW)
            .min(config.max_position_embeddings);
        let tokenizer = tokenizer(&folder.join("tokenizer.json"), window)?;
        let weights_path = folder.join("model.safetensors");
        let weights = std::fs::read(&weights_path).map_err(|source| TransformerError::File {
            path: weights_path.clone(),
            source,
        })?;
        let unusable = |error: candle_core::Error| unfit(&weights_path, error.to_string());
        let weights = VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu)
            .map_err(unusable)?;
        let model = BertModel::load(weights, &config).map_err(unusable)?;
        let read = Self {
            name: folder
                .file_name()
                .map_or_else(
                    || "sentence-transformer".into(),
                    |name| name.to_string_lossy(),
                )
                .into_owned(),
            dimensions: config.hidden_size,
            model,
            tokenizer,
            pooling,
        };
        let first = read.compute("first light").map_err(unusable)?;
        if first.is_zero() || first.as_slice().iter().any(|value| !value.is_finite()) {
            return Err(unfit(
                &weights_path,
                "its vectors are not numbers".to_owned(),
            ));
        }
        Ok(read)
    }

    fn compute(&self, text: &str) -> Result<Embedding, candle_core::Error> {
        let encoding = self
            .tokenizer
            .encode(text, true)
            .map_err(|error| candle_core::Error::Msg(error.to_string()))?;
        let ids = encoding.get_ids();
        if ids.is_empty() {
            return Ok(Embedding::normalised(vec![0.0; self.dimensions]));
        }
        let ids = Tensor::new(ids, &Device::Cpu)?.unsqueeze(0)?;
        let words = self
            .model
            .forward(&ids, &ids.zeros_like()?, None)?
            .squeeze(0)?;
        let text = match self.pooling {
            // One text at a time: there is no padding to leave out of the mean.
            Pooling::Mean => words.mean(0)?,
            Pooling::FirstToken => words.get(0)?,
        };
        Ok(Embedding::normalised(text.to_vec1()?))
    }
}

impl Embedder for SentenceTransformer {
    fn name(&self) -> &str {
        &self.name
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    fn embed(&self, text: &str) -> Embedding {
        if text.trim().is_empty() {
            return Embedding::normalised(vec![0.0; self.dimensions]);
        }
        self.compute(text).unwrap_or_else(|error| {
            // The words still find it.
            tracing::error!(model = self.name, %error, "a text has no vector");
            Embedding::normalised(vec![0.0; self.dimensions])
        })
    }
}

fn unfit(path: &Path, detail: String) -> TransformerError {
    TransformerError::Unfit {
        path: path.to_owned(),
        detail,
    }
}

fn json<T: DeserializeOwned>(path: &Path) -> Result<T, TransformerError> {
    let text = std::fs::read_to_string(path).map_err(|source| TransformerError::File {
        path: path.to_owned(),
        source,
    })?;
    serde_json::from_str(&text).map_err(|error| unfit(path, error.to_string()))
}

fn pooling(path: &Path) -> Result<Pooling, TransformerError> {
    if !path.exists() {
        return Ok(Pooling::Mean);
    }
    let file: PoolingFile = json(path)?;
    match (file.pooling_mode_mean_tokens, file.pooling_mode_cls_token) {
        (true, false) => Ok(Pooling::Mean),
        (false, true) => Ok(Pooling::FirstToken),
        _ => Err(unfit(
            path,
            "its pooling is neither mean nor first token alone".to_owned(),
        )),
    }
}

fn tokenizer(path: &Path, window: usize) -> Result<Tokenizer, TransformerError> {
    let bytes = std::fs::read(path).map_err(|source| TransformerError::File {
        path: path.to_owned(),
        source,
    })?;
    let mut tokenizer =
        Tokenizer::from_bytes(bytes).map_err(|error| unfit(path, error.to_string()))?;
    let cut = TruncationParams {
        max_length: window,
        ..TruncationParams::default()
    };
    tokenizer.with_padding(None);
    tokenizer
        .with_truncation(Some(cut))
        .map_err(|error| unfit(path, error.to_string()))?;
    Ok(tokenizer)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The folder of all-MiniLM-L6-v2, for tests that need a real model.
    const FOLDER: &str = "SMART_STEPS_TEST_MINILM";

    fn model() -> SentenceTransformer {
        let folder = std::env::var(FOLDER).unwrap();
        SentenceTransformer::read(Path::new(&folder)).unwrap()
    }

    #[test]
    fn a_folder_that_holds_no_model_is_refused_by_the_file_that_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let refused = || {
            SentenceTransformer::read(folder.path())
                .unwrap_err()
                .to_string()
        };
        assert!(refused().contains("config.json"), "{}", refused());
        std::fs::write(folder.path().join("config.json"), r#"{"model_type": "t5"}"#).unwrap();
        assert!(refused().contains("\"t5\""), "{}", refused());
    }

    #[test]
    #[ignore = "needs the folder of all-MiniLM-L6-v2 in SMART_STEPS_TEST_MINILM"]
    fn related_sentences_are_closer_than_unrelated_ones() {
        let model = model();
        assert_eq!(model.dimensions(), 384);
        let query = model.embed("I lie awake at night and cannot fall asleep.");
        let near = model.embed("Insomnia keeps people from sleeping.");
        let far = model.embed("The committee voted on the budget of the department.");
        assert!(query.cosine(&near) > query.cosine(&far) + 0.3);
        assert!(model.embed(" \n").is_zero());
    }

    #[test]
    #[ignore = "needs the folder of all-MiniLM-L6-v2 in SMART_STEPS_TEST_MINILM"]
    fn the_vectors_are_those_of_the_reference() {
        // The cosine of "That is a happy person" with each, computed from the same folder by an own
        // forward pass in NumPy.
        let model = model();
        let source = model.embed("That is a happy person");
        for (text, cosine) in REFERENCE {
            let found = source.cosine(&model.embed(text));
            assert!(
                (found - cosine).abs() < 1e-4,
                "{text}: {found} and not {cosine}"
            );
        }
    }

    const REFERENCE: [(&str, f32); 3] = [
        ("That is a very happy person", 0.942_915),
        ("That is a happy dog", 0.694_577),
        ("Today is a sunny day", 0.256_876),
    ];
}
