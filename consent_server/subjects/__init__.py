"""What one person can see and do about their own data; the preference centre comes first.

Every page works without JavaScript and knows its visitor by a signed token alone.
"""
