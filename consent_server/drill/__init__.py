"""The proof drill: records, backs up, destroys, crashes, then searches every byte."""
