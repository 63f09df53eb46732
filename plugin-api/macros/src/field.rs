//! One parameter: its name, description, type and what `#[parameter(…)]` says about it.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Attribute, Expr, Ident, Meta, Type};

use crate::attribute::word;
use crate::literal::Literal;
use crate::shape::Shape;

/// A parameter, checked: its default fits its type, its bounds and its choices.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) ty: Type,
    pub(crate) shape: Shape,
    pub(crate) description: String,
    pub(crate) default: Option<Literal>,
    pub(crate) minimum: Option<Literal>,
    pub(crate) maximum: Option<Literal>,
    pub(crate) one_of: Vec<String>,
    /// Whether it goes into the plan by which a trial trains.
    pub(crate) of_training: bool,
}

impl Field {
    /// Reads and checks a field.
    pub(crate) fn of(field: &syn::Field, ident: Ident) -> syn::Result<Self> {
        let mut read = Self {
            name: ident.unraw().to_string(),
            ty: field.ty.clone(),
            shape: Shape::of(&field.ty)?,
            description: description(&field.attrs),
            default: None,
            minimum: None,
            maximum: None,
            one_of: Vec::new(),
            of_training: false,
            ident,
        };
        if read.description.is_empty() {
            return Err(syn::Error::new(
                field.span(),
                format!("describe the parameter `{}` in a doc comment: it is shown to users", read.name),
            ));
        }
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("parameter")) {
            read.attribute(attribute)?;
        }
        if read.default.is_none() && !matches!(read.shape, Shape::Optional(_)) {
            return Err(syn::Error::new(
                field.span(),
                format!(
                    "give the parameter `{}` a default: #[parameter(default = …)], or make it an Option",
                    read.name
                ),
            ));
        }
        Ok(read)
    }

    /// The default as Rust code of the field's type.
    pub(crate) fn default(&self) -> TokenStream {
        self.default.as_ref().map_or(quote!(::core::option::Option::None), |default| default.tokens(&self.shape))
    }

    fn attribute(&mut self, attribute: &Attribute) -> syn::Result<()> {
        let mut default_span = None;
        attribute.parse_nested_meta(|meta| {
            let key = word(&meta);
            if !matches!(key.as_str(), "default" | "minimum" | "maximum" | "one_of" | "acts_on") {
                return Err(meta.error(format!("`{key}` is not known here; {KEYS}")));
            }
            let expression: Expr = meta.value()?.parse()?;
            let value = Literal::of(&expression)?;
            match key.as_str() {
                "default" => {
                    default_span = Some(expression.span());
                    self.default = Some(value);
                }
                "one_of" => self.one_of = self.choices(&expression, &value)?,
                "acts_on" => self.of_training = is_of_training(&expression, &value)?,
                "minimum" => self.minimum = Some(self.bound(&expression, value)?),
                _ => self.maximum = Some(self.bound(&expression, value)?),
            }
            Ok(())
        })?;
        if let (Some(minimum), Some(maximum)) = (&self.minimum, &self.maximum)
            && minimum.number() > maximum.number()
        {
            return Err(syn::Error::new_spanned(attribute, "the minimum is above the maximum"));
        }
        match &self.default {
            Some(default) => self
                .check_default(default)
                .map_err(|why| syn::Error::new(default_span.unwrap_or(attribute.span()), why)),
            None => Ok(()),
        }
    }

    fn choices(&self, expression: &Expr, value: &Literal) -> syn::Result<Vec<String>> {
        let refuse = |why| syn::Error::new_spanned(expression, why);
        if *self.shape.scalar() != Shape::Text {
            return Err(refuse("`one_of` belongs to a String, a Vec<String> or an Option of those"));
        }
        let Literal::List(items) = value else {
            return Err(refuse("`one_of` is a list of strings: [\"auroc\", …]"));
        };
        let choices = items.iter().map(|item| match item {
            Literal::Text(text) => Ok(text.clone()),
            _ => Err(refuse("`one_of` is a list of strings: [\"auroc\", …]")),
        });
        let choices = choices.collect::<syn::Result<Vec<_>>>()?;
        if choices.is_empty() { Err(refuse("`one_of` needs at least one choice")) } else { Ok(choices) }
    }

    fn bound(&self, expression: &Expr, value: Literal) -> syn::Result<Literal> {
        let scalar = self.shape.scalar();
        if !matches!(scalar, Shape::Integer { .. } | Shape::Number) {
            return Err(syn::Error::new_spanned(expression, "only numbers have a minimum or a maximum"));
        }
        if !value.fits(scalar) {
            return Err(syn::Error::new_spanned(expression, "this bound is not a value of the field's type"));
        }
        Ok(value)
    }

    fn check_default(&self, default: &Literal) -> Result<(), String> {
        if !default.fits(&self.shape) {
            return Err("this default is not a value of the field's type".to_owned());
        }
        for value in default.scalars() {
            let number = value.number();
            if let (Some(number), Some(minimum)) = (number, self.minimum.as_ref().and_then(Literal::number))
                && number < minimum
            {
                return Err("this default is below the minimum".to_owned());
            }
            if let (Some(number), Some(maximum)) = (number, self.maximum.as_ref().and_then(Literal::number))
                && number > maximum
            {
                return Err("this default is above the maximum".to_owned());
            }
            if let Literal::Text(text) = value
                && !self.one_of.is_empty()
                && !self.one_of.contains(text)
            {
                return Err(format!("this default is not one of {}", self.one_of.join(", ")));
            }
        }
        Ok(())
    }
}

const KEYS: &str = "#[parameter(…)] takes default, minimum, maximum, one_of and acts_on, or flatten, or skip, first";

/// What a parameter says of itself with `acts_on`: there is one thing to say so far.
fn is_of_training(expression: &Expr, value: &Literal) -> syn::Result<bool> {
    match value {
        Literal::Text(text) if text == "training" => Ok(true),
        _ => Err(syn::Error::new_spanned(expression, "`acts_on` is \"training\": the plan by which a trial trains")),
    }
}

/// The doc comment, its lines joined.
fn description(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match Literal::of(&pair.value) {
            Ok(Literal::Text(text)) => Some(text.trim().to_owned()),
            _ => None,
        },
        _ => None,
    });
    lines.collect::<Vec<_>>().join(" ").trim().to_owned()
}
