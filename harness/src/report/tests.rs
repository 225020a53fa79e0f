//! Both documents, rendered for every kind of run there is.
