//! A parameter as a constant, for the list of all parameters.

use proc_macro2::TokenStream;
use quote::quote;

use crate::field::Field;
use crate::literal::Literal;
use crate::schema;
use crate::shape::Shape;

/// The part of the list of fields that a parameter stands for.
pub(crate) fn part(field: &Field) -> TokenStream {
    let (name, description) = (&field.name, schema::json(&field.description));
    let (constraints, expected) = (schema::constraints(field), schema::expected(field));
    let (values, default) = (values(field), schema::default(field.default.as_ref()));
    let (mut list, mut optional, mut shape) = (false, false, &field.shape);
    while let Shape::Optional(inner) | Shape::List(inner) = shape {
        list |= matches!(shape, Shape::List(_));
        optional |= matches!(shape, Shape::Optional(_));
        shape = inner;
    }
    quote! {
        ::genomenas_plugin::__private::Part::Own(::genomenas_plugin::__private::Field {
            name: #name,
            description: #description,
            constraints: #constraints,
            expected: #expected,
            default: #default,
            values: #values,
            list: #list,
            optional: #optional,
        })
    }
}

/// The values that a parameter, or each item of its list, can have.
fn values(field: &Field) -> TokenStream {
    let values = match field.shape.scalar() {
        Shape::Integer { least, most } => {
            let bound = |literal: &Option<Literal>, otherwise: i128| match literal {
                Some(Literal::Integer(value)) => *value,
                _ => otherwise,
            };
            let (least, most) = (bound(&field.minimum, *least), bound(&field.maximum, *most));
            quote!(Integer { least: #least, most: #most })
        }
        Shape::Number => {
            let least = field.minimum.as_ref().and_then(Literal::number).unwrap_or(f64::MIN);
            let most = field.maximum.as_ref().and_then(Literal::number).unwrap_or(f64::MAX);
            quote!(Number { least: #least, most: #most })
        }
        Shape::Bool => quote!(Bool),
        _ => {
            let one_of = &field.one_of;
            quote!(Text { one_of: &[#(#one_of),*] })
        }
    };
    quote!(::genomenas_plugin::__private::Values::#values)
}
