//! The fields of the struct: parameters of its own, structs whose parameters are among its own, and what is skipped.

use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput, Fields, Ident};

use crate::attribute::{skip, word};
use crate::field::Field;
use crate::flat::Flat;

/// A field of the struct.
pub(crate) enum Member {
    /// A parameter.
    Own(Field),
    /// A struct of parameters.
    Flat(Flat),
    /// Neither.
    Skipped(Ident),
}

impl Member {
    /// Reads and checks all fields of the struct.
    pub(crate) fn all(input: &DeriveInput) -> syn::Result<Vec<Self>> {
        let refuse = |what: &dyn quote::ToTokens| {
            syn::Error::new_spanned(what, "parameters are a struct with named fields and without generics")
        };
        if !input.generics.params.is_empty() {
            return Err(refuse(&input.generics));
        }
        let Data::Struct(data) = &input.data else {
            return Err(refuse(&input.ident));
        };
        match &data.fields {
            Fields::Named(named) => named.named.iter().map(Self::of).collect(),
            Fields::Unit => Ok(Vec::new()),
            Fields::Unnamed(unnamed) => Err(refuse(unnamed)),
        }
    }

    fn of(field: &syn::Field) -> syn::Result<Self> {
        let ident = field.ident.clone().ok_or_else(|| syn::Error::new(field.span(), "parameters have names"))?;
        match first_word(field)?.as_deref() {
            Some("flatten") => Flat::of(field, ident).map(Self::Flat),
            Some("skip") => Ok(Self::Skipped(ident)),
            _ => Field::of(field, ident).map(Self::Own),
        }
    }

    /// The name of the field in the struct.
    pub(crate) const fn ident(&self) -> &Ident {
        match self {
            Self::Own(field) => &field.ident,
            Self::Flat(flat) => &flat.ident,
            Self::Skipped(ident) => ident,
        }
    }
}

/// The first word of the field's `#[parameter(…)]`.
fn first_word(field: &syn::Field) -> syn::Result<Option<String>> {
    let mut first = None;
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("parameter")) {
        attribute.parse_nested_meta(|meta| {
            first.get_or_insert_with(|| word(&meta));
            skip(&meta)
        })?;
    }
    Ok(first)
}
